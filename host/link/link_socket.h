// A connected socket of either kind of address.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

namespace tessera {

using LinkSocket = boost::asio::generic::stream_protocol::socket;

}  // namespace tessera

#include "sim/distributed/results.h"

#include <algorithm>

#include "host/error/error.h"

namespace tessera::sim {
namespace {

template <typename What>
void put_log(Parcel& parcel, TrafficLog<What>& log) {
  parcel.put_list<Logged<What>>(log.sorted());
  log.clear();
}

template <typename What>
void get_log(Parcel& parcel, TrafficLog<What>& log) {
  for (const Logged<What>& entry : parcel.get_list<Logged<What>>())
    log.add(entry.cycle, entry.tile, entry.what);
}

template <uint32_t kBytes>
void put_words(Parcel& parcel, const HostMemory<kBytes>& memory) {
  parcel.put_list<uint32_t>({memory.words(), memory.words() == nullptr ? 0 : kBytes / 4});
}

template <uint32_t kBytes>
void get_words(Parcel& parcel, HostMemory<kBytes>& memory) {
  const std::vector<uint32_t> words = parcel.get_list<uint32_t>();
  if (!words.empty()) {
    std::ranges::copy(words, memory.writable_words());
  } else if (memory.words() != nullptr) {
    std::fill_n(memory.writable_words(), kBytes / 4, 0);
  }
}

void put_marks(Parcel& parcel, const std::vector<bool>& marks) {
  const std::vector<uint8_t> bytes(marks.begin(), marks.end());
  parcel.put_list<uint8_t>(bytes);
}

std::vector<bool> get_marks(Parcel& parcel) {
  const std::vector<uint8_t> bytes = parcel.get_list<uint8_t>();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

void put_results(Parcel& parcel, Partition& partition) {
  parcel.put_list<LinkHash::Subtotal>(partition.hash.subtotals());
  parcel.put(partition.awake_tile_cycles);
  parcel.put(partition.received);
  put_log(parcel, partition.sent);
  put_log(parcel, partition.errors);
  put_log(parcel, partition.retired);
  partition.hash = {};
  partition.awake_tile_cycles = 0;
  partition.received = false;
}

void get_results(Parcel& parcel, Partition& partition) {
  for (const LinkHash::Subtotal& subtotal : parcel.get_list<LinkHash::Subtotal>())
    partition.hash.add(subtotal);
  partition.awake_tile_cycles += parcel.get<uint64_t>();
  partition.received = parcel.get<bool>() || partition.received;
  get_log(parcel, partition.sent);
  get_log(parcel, partition.errors);
  get_log(parcel, partition.retired);
}

void put_memory(Parcel& parcel, const TileMemory& memory) {
  put_words(parcel, memory.sram);
  put_words(parcel, memory.instruction);
}

void get_memory(Parcel& parcel, TileMemory& memory) {
  get_words(parcel, memory.sram);
  get_words(parcel, memory.instruction);
}

void put_mail(Parcel& parcel, const EdgeLink::Mail& mail) {
  parcel.put_list<Wavelet>(mail.wavelets);
  parcel.put(mail.held);
  parcel.put(mail.awake);
}

EdgeLink::Mail get_mail(Parcel& parcel) {
  EdgeLink::Mail mail;
  mail.wavelets = parcel.get_list<Wavelet>();
  mail.held = parcel.get<uint32_t>();
  mail.awake = parcel.get<bool>();
  return mail;
}

void put_news(Parcel& parcel, const EdgeLink::News& news) {
  parcel.put(news.unsent);
  parcel.put(news.queued);
  parcel.put(news.credited);
  parcel.put(news.arrived);
  parcel.put_list<EdgeLink::Received>(news.received);
}

EdgeLink::News get_news(Parcel& parcel) {
  EdgeLink::News news;
  news.unsent = parcel.get<uint64_t>();
  news.queued = parcel.get<uint32_t>();
  news.credited = parcel.get<uint32_t>();
  news.arrived = parcel.get<uint32_t>();
  news.received = parcel.get_list<EdgeLink::Received>();
  return news;
}

void put_shape(Parcel& parcel, const WaferShape& shape) {
  parcel.put(shape.columns);
  parcel.put(shape.rows);
  put_marks(parcel, shape.dead_tile);
  put_marks(parcel, shape.dead_link_east);
  put_marks(parcel, shape.dead_link_south);
}

WaferShape get_shape(Parcel& parcel) {
  WaferShape shape;
  shape.columns = parcel.get<int>();
  shape.rows = parcel.get<int>();
  shape.dead_tile = get_marks(parcel);
  shape.dead_link_east = get_marks(parcel);
  shape.dead_link_south = get_marks(parcel);
  return shape;
}

void put_failure(Parcel& parcel, const std::exception_ptr& failure, int rank) {
  parcel.put(failure != nullptr);
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    parcel.put(error.kind());
    parcel.put_text(error.what());
  } catch (const std::exception& error) {
    parcel.put(ErrorKind::kEngine);
    parcel.put_text(fmt::format("distributed engine: rank {}: {}", rank, error.what()));
  }
}

std::exception_ptr get_failure(Parcel& parcel) {
  if (!parcel.get<bool>()) return nullptr;
  const auto kind = parcel.get<ErrorKind>();
  return std::make_exception_ptr(Error(kind, parcel.get_text()));
}

}  // namespace tessera::sim

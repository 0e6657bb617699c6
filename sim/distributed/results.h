// What the lead and the rank that owns a part of the wafer tell each other about it.
#pragma once

#include "sim/distributed/parcel.h"
#include "sim/edge_link.h"
#include "sim/engine_options.h"
#include "sim/host_memory.h"
#include "sim/partition.h"
#include "sim/wafer_shape.h"

namespace tessera::sim {

// Moves what a partition added up and noted since the last time, and adds it to another one.
void put_results(Parcel& parcel, Partition& partition);
void get_results(Parcel& parcel, Partition& partition);

void put_memory(Parcel& parcel, const TileMemory& memory);
// Writes it over one that models may be bound to.
void get_memory(Parcel& parcel, TileMemory& memory);

void put_mail(Parcel& parcel, const EdgeLink::Mail& mail);
EdgeLink::Mail get_mail(Parcel& parcel);
void put_news(Parcel& parcel, const EdgeLink::News& news);
EdgeLink::News get_news(Parcel& parcel);

void put_shape(Parcel& parcel, const WaferShape& shape);
WaferShape get_shape(Parcel& parcel);

// An exception, which is an Error on the other side. Its message begins with the rank unless it was one here.
void put_failure(Parcel& parcel, const std::exception_ptr& failure, int rank);
std::exception_ptr get_failure(Parcel& parcel);

}  // namespace tessera::sim

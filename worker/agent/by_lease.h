// What an agent knows of its leases, of which fast jobs make thousands at a time.
#pragma once

#include <cstddef>
#include <unordered_map>

#include "common/jobs/key_hash.h"
#include "common/protocol/messages.h"

namespace unmask {

struct LeaseHash {
  std::size_t operator()(const LeaseId& lease) const { return JobKeyHash()(lease.job_key); }
};

template <typename T>
using ByLease = std::unordered_map<LeaseId, T, LeaseHash>;  // in no order

}  // namespace unmask

// Where the jobs of the store stand, as far as their records need it: looked up once, then kept
// current by the one writer beside the rows themselves. After a rollback it is asked of the
// database again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "common/protocol/records.h"
#include "sql/database.h"

namespace unmask {

struct KnownJob {
  std::int64_t id = 0;       // its row
  std::int32_t attempt = 0;  // the newest; 0: none
  JobState state = JobState::kQueued;
  bool has_checkpoints = false;  // or may have
};

class KnownJobs {
 public:
  explicit KnownJobs(Database& database) : database_(database) {}

  // nullptr: there is no such job. Good until Forget.
  KnownJob* Find(std::string_view job_key);
  // What was read of it already.
  void Add(std::string_view job_key, const KnownJob& job);
  void Reserve(std::size_t jobs) { by_key_.reserve(jobs); }
  void Forget() { by_key_.clear(); }

 private:
  // A key is a SHA-256: 32 bytes instead of 64 digits, and any 8 of them are a hash.
  using Bytes = std::array<std::uint64_t, 4>;
  struct FirstBytes {
    std::size_t operator()(const Bytes& bytes) const { return bytes[0]; }
  };
  static std::optional<Bytes> BytesOf(std::string_view job_key);

  Database& database_;
  std::unordered_map<Bytes, KnownJob, FirstBytes> by_key_;
};

}  // namespace unmask

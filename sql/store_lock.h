// One coordinator a store: an OS lock (fcntl, open file description) on store/lock, held for life.
// The kernel frees it when its holder dies, however it dies. The file says who holds it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"

namespace unmask {

class StoreLock {
 public:
  // Who wrote the lock file.
  struct Owner {
    std::string host;
    std::int64_t pid = 0;
    std::string boot_id;    // of the kernel: equal on two hosts only if they are one machine
    std::string slurm_job;  // empty: not in one
    std::int64_t slurm_restarts = 0;  // how often that job had gone back to the queue
    bool operator==(const Owner&) const = default;
  };

  // Refused (DataError naming host and pid) while the holder lives. A holder on another machine
  // that did not release it may live where this machine cannot see it (file systems without
  // cluster-wide locks), so that needs `take_over`; not where Slurm ended its job and has started
  // the same one again.
  static Result<StoreLock> Take(const fs::path& path, bool take_over);

  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();  // releases, and empties the file

  // Who holds the lock now, as far as this machine can see; nullopt: nobody.
  static std::optional<Owner> Holder(const fs::path& path);

  // Who on another machine left it locked, and would be asked `take_over` for; nullopt: nobody.
  static std::optional<Owner> LeftBy(const fs::path& path);

  static Owner Self();

 private:
  explicit StoreLock(int fd) : fd_(fd) {}
  int fd_;
};

// Of a sweep that nobody holds the store for.
std::string NobodyWorksText(const std::optional<StoreLock::Owner>& left_by);

}  // namespace unmask

// Garbage collection of store/blobs.
#pragma once

#include <cstdint>

#include "common/base/result.h"
#include "sql/store_paths.h"

namespace unmask {

struct BlobSweep {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
};

// Removes (or with `dry_run` only counts) the blobs that no row refers to, and temporary files that
// a killed process left. Takes the store's lock, since what a running sweep has written may not
// have its row yet: refused while one lives.
Result<BlobSweep> SweepBlobs(const StorePaths& paths, bool dry_run, bool take_over);

}  // namespace unmask

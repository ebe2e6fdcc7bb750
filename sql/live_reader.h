// Reads a sweep in the making again and again, beside its coordinator: what `status --watch` and
// the dashboard show, without predictions or curves. It never writes. One thread.
#pragma once

#include <memory>
#include <string_view>

#include "common/base/result.h"
#include "sql/live_rows.h"
#include "sql/store_paths.h"

namespace unmask {

class LiveReader {
 public:
  // Errors as StoreReader::Open.
  static Result<std::unique_ptr<LiveReader>> Open(const StorePaths& paths);
  ~LiveReader();
  LiveReader(const LiveReader&) = delete;
  LiveReader& operator=(const LiveReader&) = delete;

  // `sweep` is an exact name; an unknown one has no rows.
  Result<LiveRows> Read(std::string_view sweep, std::int64_t failures_shown);

 private:
  class Impl;
  explicit LiveReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace unmask

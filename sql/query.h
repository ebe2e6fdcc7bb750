// SQL of a user: reads only, within a time limit. What is not reading (writing, ATTACH, PRAGMAs
// that set something, load_extension, several statements) is refused before it runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "sql/store_paths.h"

namespace unmask {

struct SqlBlob {
  std::string bytes;
  bool operator==(const SqlBlob&) const = default;
};
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string, SqlBlob>;

// Called in order: the columns once, then every row as it is found.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void Columns(const std::vector<std::string>& names) = 0;
  virtual void Row(const std::vector<SqlValue>& values) = 0;
};

// A UsageError for SQL that is wrong, refused or too slow; a DataError for the store. The sink may
// have got rows by then.
Status RunQuery(const StorePaths& paths, std::string_view sql, std::chrono::milliseconds time_limit,
                RowSink& sink);

}  // namespace unmask

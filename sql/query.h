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

// Called in order: the columns once, then every row.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void Columns(const std::vector<std::string>& names) = 0;
  virtual void Row(const std::vector<SqlValue>& values) = 0;
};

// So many bytes of rows are held back until the query has ended, and the store is free: a sink that
// blocks keeps nobody from writing. The rows of a larger result come while it is read.
inline constexpr std::size_t kQueryRowsHeld = std::size_t{32} << 20;

// SQLite looks at the time between its steps, and one function may run for minutes. Called on a
// thread of its own, a second after the limit, with the error of a query that ran too long; does
// not return.
using GiveUp = std::function<void(const Error&)>;

// A UsageError for SQL that is wrong, refused or too slow; a DataError for the store. The sink may
// have got rows by then.
Status RunQuery(const StorePaths& paths, std::string_view sql, std::chrono::milliseconds time_limit,
                RowSink& sink, const GiveUp& give_up = {});

}  // namespace unmask

// The rows of `unmask query` as text: a table for eyes, CSV as in RFC 4180, or a JSON array of
// objects with SQLite's types. A name that several columns have is a key of JSON but once: the
// second is NAME_2.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "sql/query.h"

namespace unmask {

enum class QueryFormat { kTable, kCsv, kJson };

class QueryFormatter : public RowSink {
 public:
  // Once, after the last row of a query that succeeded.
  virtual void Finish() = 0;
};

// CSV and JSON leave through `write` row by row, a table at Finish, when its widths are known.
std::unique_ptr<QueryFormatter> MakeQueryFormatter(QueryFormat format,
                                                   std::function<void(std::string_view)> write);

}  // namespace unmask

// Columns that hold the name of a choice. A name that there is not throws, as every row that this
// program did not write: CatchSqlite says that the database is damaged.
#pragma once

#include <optional>

#include "sql/database.h"
#include "sql/rows.h"

namespace unmask {

inline JobState StateIn(const Rows& rows, int column) {
  return FromName<JobState>(rows.Text(column)).value();
}
inline std::optional<AttemptOutcome> OutcomeIn(const Rows& rows, int column) {
  if (rows.IsNull(column)) return std::nullopt;
  const AttemptOutcome outcome = FromName<AttemptOutcome>(rows.Text(column)).value();
  return outcome;
}

}  // namespace unmask

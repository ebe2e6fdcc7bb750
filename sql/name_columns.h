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

// Twelve columns from `first`, in the order of AttemptRow's fields.
inline AttemptRow AttemptIn(const Rows& rows, int first) {
  return {.attempt = rows.Int(first),
          .coordinator_epoch = rows.Int(first + 1),
          .worker = rows.Int(first + 2),
          .host = rows.Text(first + 3),
          .device = rows.Text(first + 4),
          .numerics_class = rows.Text(first + 5),
          .first_epoch = rows.MaybeInt(first + 6),
          .started_at = rows.Text(first + 7),
          .ended_at = rows.MaybeText(first + 8),
          .outcome = OutcomeIn(rows, first + 9),
          .error_class = rows.MaybeText(first + 10),
          .message = rows.MaybeText(first + 11)};
}

}  // namespace unmask

// Columns that hold the name of a choice. A name that there is not throws, as every row that this
// program did not write: CatchSqlite says that the database is damaged.
#pragma once

#include <optional>

#include "sql/database.h"
#include "sql/rows.h"

namespace unmask {

template <NamedEnum E>
E NameIn(const Rows& rows, int column) {
  return FromName<E>(rows.Text(column)).value();
}
template <NamedEnum E>
std::optional<E> MaybeNameIn(const Rows& rows, int column) {
  return rows.IsNull(column) ? std::nullopt : std::optional(NameIn<E>(rows, column));
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
          .outcome = MaybeNameIn<AttemptOutcome>(rows, first + 9),
          .error_class = rows.MaybeText(first + 10),
          .message = rows.MaybeText(first + 11)};
}

}  // namespace unmask

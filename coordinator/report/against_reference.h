// Tests every cell of a table against the cell of its reference row.
#pragma once

#include "coordinator/report/fold_index.h"
#include "coordinator/report/table.h"

namespace unmask {

// Fills `against` of the cells: exact sign-flip test of the right answers over the held-out
// subjects, two-sided; Holm over the tests of the whole table, both tasks. Of several seeds the
// sums are tested, so the subjects stay the units. Without a reference it does nothing.
void TestAgainstReference(const FoldIndex& folds, Table& table);

}  // namespace unmask

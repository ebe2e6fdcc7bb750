#include "coordinator/report/against_reference.h"

#include "coordinator/report/pairing.h"
#include "coordinator/report/test_family.h"

namespace unmask {
namespace {

void TestCell(const FoldIndex& folds, const TableCell& reference, Task task, TableCell& cell,
              TestFamily& family) {
  cell.has_reference = !reference.seeds.empty();
  if (cell.seeds.empty() || !cell.has_reference) return;
  const Pairing pairing = PairFolds(folds.Find(reference.experiment, reference.point, task),
                                    folds.Find(cell.experiment, cell.point, task));
  cell.not_comparable = pairing.incomplete ? "" : pairing.obstacle;
  if (pairing.incomplete && !pairing.same_jobs) family.Await(task, reference, cell);
  if (!pairing.ok()) return;
  ReferenceTest test;
  test.difference = pairing.Difference();
  test.subjects = pairing.subjects.size();
  if (!pairing.same_jobs) test.p = SignFlipTest(pairing.Differences());
  cell.against = test;
  if (test.p) family.Add(task, reference, cell, test.p->p, cell.against->p_holm);
}

}  // namespace

void TestAgainstReference(const FoldIndex& folds, Table& table) {
  if (!table.reference) return;
  for (auto& tasks : table.rows[*table.reference].cells) {
    for (TableCell& cell : tasks) cell.is_reference = true;
  }
  const TableRow& reference = table.rows[*table.reference];
  TestFamily family;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (row == *table.reference) continue;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      for (std::size_t task = 0; task < table.tasks.size(); ++task) {
        TestCell(folds, reference.cells[column][task], table.tasks[task],
                 table.rows[row].cells[column][task], family);
      }
    }
  }
  family.Adjust();
  table.tests = family.size();
  table.unfinished_tests = family.awaited();
}

}  // namespace unmask

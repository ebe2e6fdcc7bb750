// The tests that Holm adjusts together.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "coordinator/report/table.h"

namespace unmask {

// Rows, points and experiments may show the same results: what is compared twice is one test.
class TestFamily {
 public:
  // `adjusted` gets its p-value from Adjust, and must stay where it is until then.
  void Add(Task task, const TableCell& first, const TableCell& second, double p, double& adjusted);
  // A test that cannot be done yet.
  void Await(Task task, const TableCell& first, const TableCell& second);
  void Adjust();
  std::size_t size() const { return tests_.size(); }
  std::size_t awaited() const { return awaited_.size(); }

 private:
  struct Test {
    double p = 1;
    std::vector<double*> adjusted;
  };
  // The task, and the jobs behind both cells.
  using Compared = std::tuple<Task, std::vector<std::string>, std::vector<std::string>>;

  static Compared NameOf(Task task, const TableCell& first, const TableCell& second);

  std::map<Compared, Test> tests_;
  std::set<Compared> awaited_;
};

}  // namespace unmask

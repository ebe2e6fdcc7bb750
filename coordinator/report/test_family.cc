#include "coordinator/report/test_family.h"

#include "coordinator/statistics/holm.h"

namespace unmask {
namespace {

std::vector<std::string> JobsOf(const TableCell& cell) {
  std::vector<std::string> jobs;
  for (const SeedFigures& seed : cell.seeds) {
    jobs.insert(jobs.end(), seed.job_keys.begin(), seed.job_keys.end());
  }
  return jobs;
}

}  // namespace

TestFamily::Compared TestFamily::NameOf(Task task, const TableCell& first,
                                        const TableCell& second) {
  return {task, JobsOf(first), JobsOf(second)};
}

void TestFamily::Add(Task task, const TableCell& first, const TableCell& second, double p,
                     double& adjusted) {
  Test& test = tests_[NameOf(task, first, second)];
  test.p = p;
  test.adjusted.push_back(&adjusted);
}

void TestFamily::Await(Task task, const TableCell& first, const TableCell& second) {
  awaited_.insert(NameOf(task, first, second));
}

void TestFamily::Adjust() {
  std::vector<double> p_values;
  p_values.reserve(tests_.size());
  for (const auto& [compared, test] : tests_) p_values.push_back(test.p);
  const std::vector<double> adjusted = HolmAdjusted(p_values);
  auto next = adjusted.begin();
  for (const auto& [compared, test] : tests_) {
    for (double* place : test.adjusted) *place = *next;
    ++next;
  }
}

}  // namespace unmask

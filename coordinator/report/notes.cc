// The lines under a table: what its numbers stand on.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "common/base/text.h"
#include "common/config/task_title.h"
#include "coordinator/report/against_reference.h"
#include "coordinator/report/sheet.h"

namespace unmask {
namespace {

// What the cells of a table have between them. Sets, so that the order is always the same.
struct Facts {
  std::set<std::int64_t> clips;
  std::set<std::int64_t> folds;  // of one seed
  std::set<std::string> validations;
  std::set<std::int64_t> seeds;
  bool absent = false;
  bool incomplete = false;
  bool failed = false;
  bool leaky = false;
  bool several_seeds = false;
  bool one_seed = false;
  bool published = false;
  std::set<std::string> inputs;    // other than pictures
  bool honest = false;             // some cell is not leaky
  std::set<std::size_t> subjects;  // of the tests against the reference
  bool drawn = false;              // p-values from random draws
  bool same_jobs = false;
  std::set<std::string> obstacles;
};

void GatherTest(const TableCell& cell, Facts& facts) {
  if (!cell.not_comparable.empty()) facts.obstacles.insert(cell.not_comparable);
  if (!cell.against) return;
  facts.same_jobs |= !cell.against->p;
  if (!cell.against->p) return;
  facts.subjects.insert(cell.against->subjects);
  facts.drawn |= cell.against->p->method == PValueMethod::kMonteCarlo;
}

void Gather(const TableCell& cell, Facts& facts) {
  facts.published |= cell.published.accuracy || cell.published.macro_f1;
  facts.absent |= cell.seeds.empty();
  if (cell.seeds.empty()) return;
  facts.validations.insert(cell.validation);
  facts.leaky |= cell.leaky;
  facts.honest |= !cell.leaky;
  if (cell.features == "action-units") facts.inputs.insert("action units");
  if (cell.features == "table") facts.inputs.insert("a table of features");
  facts.several_seeds |= cell.seeds.size() > 1;
  facts.one_seed |= cell.seeds.size() == 1;
  for (const SeedFigures& seed : cell.seeds) {
    facts.seeds.insert(seed.seed);
    facts.folds.insert(seed.folds_total);
    facts.incomplete |= !seed.metrics;
    facts.failed |= seed.folds_failed > 0;
    if (seed.metrics) facts.clips.insert(seed.metrics->n);
  }
}

template <typename Values>
std::string List(const Values& values) {
  return fmt::format("{}", fmt::join(values, ", "));
}

// "a", "a and b", "a, b and c".
std::string Enumerate(std::vector<std::string> names) {
  if (names.size() < 2) return Join(names, "");
  const std::string last = std::move(names.back());
  names.pop_back();
  return Join(names, ", ") + " and " + last;
}

std::string Basis(const Table& table, const Facts& facts) {
  std::string text = "Sweep " + table.sweep;
  if (facts.folds.empty()) return text + ": no row of this table is part of it.";
  text += ": ";
  if (!facts.clips.empty()) text += List(facts.clips) + " clips, ";
  text += List(facts.folds) + " leave-one-subject-out folds, validation " +
          Enumerate({facts.validations.begin(), facts.validations.end()}) +
          (facts.seeds.size() > 1 ? ", seeds " : ", seed ") + List(facts.seeds);
  return text + ".";
}

void AddFigureNotes(const Facts& facts, std::vector<std::string>& notes) {
  if (facts.one_seed) {
    notes.emplace_back(
        "Accuracy is k/N, pooled over the folds, with its Wilson 95% interval; F1 is macro, of the "
        "same predictions.");
  }
  if (facts.several_seeds) {
    notes.emplace_back(
        "Several seeds: mean ± sample standard deviation of the seeds' own figures, each pooled "
        "over its folds; F1 is macro.");
  }
}

// What every figure has to beat. Left out of a task whose cells have many sets of clips.
void AddCommonestNote(const Table& table, std::vector<std::string>& notes) {
  constexpr std::size_t kMostSets = 3;
  std::vector<std::string> guesses;
  for (std::size_t task = 0; task < table.tasks.size(); ++task) {
    std::set<std::string> of_task;
    for (const TableRow& row : table.rows) {
      for (const auto& tasks : row.cells) {
        for (const SeedFigures& seed : tasks[task].seeds) {
          if (!seed.metrics || !seed.commonest || seed.metrics->n == 0) continue;
          const auto& [name, clips] = *seed.commonest;
          const auto n = static_cast<double>(seed.metrics->n);
          of_task.insert(fmt::format("{} {}/{} = {} ({})", TaskTitle(table.tasks[task]), clips,
                                     seed.metrics->n, FormatFigure(static_cast<double>(clips) / n),
                                     name));
        }
      }
    }
    if (of_task.size() <= kMostSets) std::ranges::copy(of_task, std::back_inserter(guesses));
  }
  if (guesses.empty()) return;
  notes.push_back("Always guessing the commonest class: " + Join(guesses, ", ") + ".");
}

void AddPublishedNotes(const Table& table, const Facts& facts, std::vector<std::string>& notes) {
  if (!facts.published) return;
  notes.push_back(table.published_label +
                  ": accuracy and F1 as published. Difference: this run minus published.");
  if (facts.inputs.empty()) return;
  notes.push_back(
      fmt::format("This run's input is {}. Published values of images have another input.",
                  Enumerate({facts.inputs.begin(), facts.inputs.end()})));
}

void AddReferenceNotes(const Table& table, const Facts& facts, std::vector<std::string>& notes) {
  if (!table.reference) return;
  const std::string& label = table.rows[*table.reference].label;
  std::string text = "vs " + label + ": accuracy minus that of " + label + ", on the same clips.";
  if (table.tests > 0) {
    text += fmt::format(
        " p: two-sided sign-flip permutation test of the right answers of {} held-out subjects "
        "({}), Holm-adjusted over {} of this table{}; the star marks p below {}.",
        List(facts.subjects), facts.drawn ? "some from 100,000 random draws" : "exact",
        table.tests == 1 ? "the one test" : fmt::format("the {} tests", table.tests),
        table.unfinished_tests == 0
            ? ""
            : fmt::format(" so far ({} more to come, with which p may rise)",
                          table.unfinished_tests),
        kSignificance);
  }
  if (facts.same_jobs) text += " Same jobs: both are one result; nothing to test.";
  if (!facts.obstacles.empty()) text += " Not comparable: " + List(facts.obstacles) + ".";
  notes.push_back(std::move(text));
  if (table.tests > 0) {
    notes.emplace_back(
        "The subjects are the units, since one person's clips resemble each other. But any two "
        "folds share most of their training clips, and a test knows of one training run or a few: "
        "the true doubt is larger than p says.");
  }
  if (facts.leaky && facts.honest) {
    notes.emplace_back("A difference between a LEAKY and another cell measures the leak as well.");
  }
}

void AddMarkNotes(const Facts& facts, std::vector<std::string>& notes) {
  if (facts.leaky) {
    notes.emplace_back(
        "LEAKY: the held-out subject itself chose the epoch, so the number is too high; it says "
        "nothing about unseen subjects.");
  }
  if (facts.incomplete) notes.emplace_back("…: not before all folds are done.");
  if (facts.failed)
    notes.emplace_back("Failed folds: see unmask status; unmask retry puts such jobs back.");
  if (facts.absent) notes.emplace_back("–: not part of this run.");
}

}  // namespace

std::vector<std::string> NotesOf(const Table& table) {
  Facts facts;
  ForEachCell(table, [&](const TableCell& cell) {
    Gather(cell, facts);
    GatherTest(cell, facts);
  });
  std::vector<std::string> notes{Basis(table, facts)};
  AddFigureNotes(facts, notes);
  AddCommonestNote(table, notes);
  AddReferenceNotes(table, facts, notes);
  AddPublishedNotes(table, facts, notes);
  AddMarkNotes(facts, notes);
  if (!facts.folds.empty()) {
    notes.emplace_back(
        "The jobs behind a cell: unmask tables --format json, or the view jobs in unmask query.");
  }
  return notes;
}

}  // namespace unmask

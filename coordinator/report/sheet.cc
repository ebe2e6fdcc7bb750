#include "coordinator/report/sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "common/config/task_title.h"

namespace unmask {
namespace {

// A column: its heading, and what it says of a cell that is part of the run.
struct ColumnRule {
  SheetColumn column;
  std::function<SheetCell(const TableCell&, const CellSummary&)> text;
};

SheetCell Mean(const TableCell& cell, const std::optional<SeedMean>& figure) {
  if (!figure) return {kIncomplete};
  return {FormatMean(*figure), cell.leaky};
}

SheetCell Difference(const TableCell& cell, const std::optional<SeedMean>& ours,
                     const std::optional<double>& published) {
  if (!published) return {""};
  if (cell.seeds.empty()) return {kAbsent};
  if (!ours) return {kIncomplete};
  return {FormatDifference(ours->mean, *published), cell.leaky};
}

SheetCell Published(const std::optional<double>& value) {
  return {value ? FormatFigure(*value) : ""};
}

SheetCell Pooled(const TableCell& cell, const CellSummary& summary) {
  if (!summary.accuracy) return {kIncomplete};
  if (!summary.pooled) return {fmt::format("{} seeds", cell.seeds.size())};
  return {fmt::format("{}/{}", summary.pooled->k, summary.pooled->n)};
}

SheetCell Interval(const CellSummary& summary) {
  if (!summary.accuracy) return {kIncomplete};
  if (!summary.pooled) return {""};
  return {fmt::format("{}–{}", FormatFigure(summary.pooled->wilson_low),
                      FormatFigure(summary.pooled->wilson_high))};
}

SheetCell Folds(const CellSummary& summary) {
  std::string text = fmt::format("{}/{}", summary.folds_done, summary.folds_total);
  if (summary.folds_failed > 0) text += fmt::format(", {} failed", summary.folds_failed);
  return {text};
}

// A figure of this run: a dash where the cell is not part of it.
template <typename Text>
auto OfRun(Text text) {
  return [text](const TableCell& cell, const CellSummary& summary) -> SheetCell {
    return cell.seeds.empty() ? SheetCell{kAbsent} : text(cell, summary);
  };
}

template <typename Predicate>
bool AnyCell(const Table& table, Predicate predicate) {
  bool any = false;
  ForEachCell(table, [&](const TableCell& cell) { any = any || predicate(cell); });
  return any;
}

void AddPublishedRules(const Table& table, std::vector<ColumnRule>& rules) {
  const bool f1 = AnyCell(table, [](const auto& c) { return c.published.macro_f1.has_value(); });
  const bool accuracy =
      AnyCell(table, [](const auto& c) { return c.published.accuracy.has_value(); });
  const std::string& label = table.published_label;
  if (accuracy) {
    rules.push_back({{label, "Accuracy"},
                     [](const auto& c, const auto&) { return Published(c.published.accuracy); }});
  }
  if (f1) {
    rules.push_back({{label, "Macro F1"},
                     [](const auto& c, const auto&) { return Published(c.published.macro_f1); }});
  }
  if (accuracy) {
    rules.push_back({{"Difference", "Accuracy"}, [](const auto& c, const auto& s) {
                       return Difference(c, s.accuracy, c.published.accuracy);
                     }});
  }
  if (f1) {
    rules.push_back({{"Difference", "Macro F1"}, [](const auto& c, const auto& s) {
                       return Difference(c, s.macro_f1, c.published.macro_f1);
                     }});
  }
}

SheetCell Against(const TableCell& cell) {
  if (cell.seeds.empty() || !cell.has_reference) return {kAbsent};
  if (!cell.against) return {cell.not_comparable.empty() ? kIncomplete : "not comparable"};
  return {FormatDifference(cell.against->difference, 0), cell.leaky, cell.against->significant()};
}

SheetCell HolmP(const TableCell& cell) {
  if (!cell.against) return {""};
  return {cell.against->p ? FormatP(cell.against->p_holm) : "same jobs"};
}

void AddReferenceRules(const Table& table, std::vector<ColumnRule>& rules) {
  if (!table.reference) return;
  const auto of_others = [](auto text) {
    return [text](const TableCell& cell, const CellSummary&) -> SheetCell {
      return cell.is_reference ? SheetCell{""} : text(cell);
    };
  };
  rules.push_back({{"", "vs " + table.rows[*table.reference].label}, of_others(Against)});
  rules.push_back({{"", "p (Holm)"}, of_others(HolmP)});
}

std::vector<ColumnRule> RulesOf(const Table& table) {
  const bool one_seed = !AnyCell(table, [](const auto& c) { return c.seeds.size() > 1; });
  std::vector<ColumnRule> rules;
  rules.push_back(
      {{"", "Accuracy"}, OfRun([](const auto& c, const auto& s) { return Mean(c, s.accuracy); })});
  const bool interval =
      one_seed || AnyCell(table, [](const auto& c) { return c.seeds.size() == 1; });
  if (interval) {
    rules.push_back(
        {{"", "95% interval"}, OfRun([](const auto&, const auto& s) { return Interval(s); })});
  }
  rules.push_back({{"", interval ? "k/N" : "Seeds"}, OfRun(Pooled)});
  rules.push_back(
      {{"", "Macro F1"}, OfRun([](const auto& c, const auto& s) { return Mean(c, s.macro_f1); })});
  rules.push_back({{"", "Folds"}, OfRun([](const auto&, const auto& s) { return Folds(s); })});
  AddReferenceRules(table, rules);
  AddPublishedRules(table, rules);
  return rules;
}

bool HasColumnLabels(const Table& table) {
  return std::ranges::any_of(table.columns, [](const auto& label) { return !label.empty(); });
}

SheetSection SectionOf(const Table& table, std::size_t task, std::size_t label_columns,
                       const std::vector<ColumnRule>& rules) {
  SheetSection section{TaskTitle(table.tasks[task]), {}};
  for (const TableRow& row : table.rows) {
    for (std::size_t column = 0; column < row.cells.size(); ++column) {
      const TableCell& cell = row.cells[column][task];
      const CellSummary summary = Summarise(cell);
      SheetLine line{{row.label}, {}};
      if (label_columns > 1) line.labels.push_back(table.columns[column]);
      for (const ColumnRule& rule : rules) line.cells.push_back(rule.text(cell, summary));
      section.lines.push_back(std::move(line));
    }
  }
  return section;
}

}  // namespace

std::string FormatFigure(double value) {
  const std::string text = fmt::format("{:.4f}", value);
  return text == "-0.0000" ? "0.0000" : text;
}

std::string FormatMean(const SeedMean& mean) {
  std::string text = FormatFigure(mean.mean);
  if (mean.deviation) text += " ± " + FormatFigure(*mean.deviation);
  return text;
}

std::string FormatDifference(double ours, double published) {
  const std::string text = FormatFigure(ours - published);
  return text == "0.0000" || text.front() == '-' ? text : "+" + text;
}

std::string FormatP(double p) {
  return p >= 0.00005 || p == 0 ? fmt::format("{:.4f}", p) : fmt::format("{:.0e}", p);
}

Sheet LayOut(const Table& table) {
  Sheet sheet;
  const bool titled = !table.title.empty() && table.title != table.id;
  sheet.heading = "Table " + table.id + (titled ? ". " + table.title : "");
  sheet.title = table.title.empty() ? table.id : table.title;
  sheet.label_columns = HasColumnLabels(table) ? 2 : 1;
  const std::vector<ColumnRule> rules = RulesOf(table);
  for (const ColumnRule& rule : rules) sheet.columns.push_back(rule.column);
  for (std::size_t task = 0; task < table.tasks.size(); ++task) {
    sheet.sections.push_back(SectionOf(table, task, sheet.label_columns, rules));
  }
  sheet.notes = NotesOf(table);
  return sheet;
}

std::size_t SpanAt(const Sheet& sheet, std::size_t column) {
  std::size_t span = 1;
  const std::string& group = sheet.columns[column].group;
  while (!group.empty() && column + span < sheet.columns.size() &&
         sheet.columns[column + span].group == group) {
    ++span;
  }
  return span;
}

std::string Marked(const std::string& text, bool leaky) {
  return leaky ? text + " " + kLeakyMark : text;
}

}  // namespace unmask

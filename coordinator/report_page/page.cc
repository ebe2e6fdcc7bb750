#include "coordinator/report_page/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/text.h"
#include "common/base/unique_names.h"
#include "coordinator/report/escape.h"
#include "coordinator/report/render.h"
#include "coordinator/report_page/figures.h"
#include "coordinator/report_page/style.h"

namespace unmask {
namespace {

std::string Term(const std::string& name, const std::string& value) {
  return "<li><span>" + name + "</span> <b>" + EscapeHtml(value) + "</b></li>\n";
}

std::string JobsText(const StateCounts& jobs) {
  std::string text = fmt::format("{} of {} done", jobs.done, jobs.total());
  const auto add = [&](std::int64_t count, const char* name) {
    if (count > 0) text += fmt::format(", {} {}", count, name);
  };
  add(jobs.running, "running");
  add(jobs.queued, "queued");
  add(jobs.failed, "failed");
  add(jobs.quarantined, "quarantined");
  return text;
}

// "648 clips, 22 held-out subjects" of what is done.
std::string DataText(const ReportData& data) {
  std::set<std::string> subjects;
  for (const FoldRow& fold : data.results.folds) subjects.insert(fold.held_out);
  std::set<std::string> samples;
  for (const auto& [id, fold] : data.predictions.folds) {
    samples.insert(fold.samples.begin(), fold.samples.end());
  }
  std::string text = fmt::format("{} held-out subjects", subjects.size());
  if (!samples.empty()) text += fmt::format(", {} clips predicted", samples.size());
  return text;
}

std::string ValidationText(const ReportData& data) {
  std::set<std::string> names;
  for (const CellRow& cell : data.results.cells) names.insert(cell.validation);
  return names.empty() ? "–" : fmt::format("{}", fmt::join(names, ", "));
}

std::string Summary(const ReportData& data) {
  std::string out = "<h1>" + EscapeHtml(data.sweep.sweep) + "</h1>\n<ul class=\"summary\">\n";
  out += Term("Jobs", JobsText(data.progress.jobs)) + Term("Data", DataText(data)) +
         Term("Validation", ValidationText(data)) + Term("Created", data.sweep.created_at);
  return out + "</ul>\n";
}

// A task without an accuracy is enough: both are of the same folds.
bool IsIncomplete(const ReportCell& cell) {
  return std::ranges::any_of(cell.tasks,
                             [](const auto& task) { return !Summarise(task.second).accuracy; });
}

// What must not be overlooked, before any number.
std::string Warnings(const ReportData& data) {
  std::string out;
  std::vector<std::string> leaky;
  std::size_t incomplete = 0;
  for (const ReportCell& cell : data.cells) {
    if (cell.leaky) leaky.push_back(cell.label);
    incomplete += IsIncomplete(cell) ? 1 : 0;
  }
  if (!leaky.empty()) {
    const std::size_t named = std::min<std::size_t>(5, leaky.size());
    out += fmt::format(
        "<p class=\"warning\"><strong>LEAKY</strong>: in {} of {} cells the held-out subject "
        "itself chose the epoch. Their numbers are too high and say nothing about unseen "
        "subjects: {}{}</p>\n",
        leaky.size(), data.cells.size(),
        EscapeHtml(Join({leaky.begin(), leaky.begin() + static_cast<std::ptrdiff_t>(named)}, "; ")),
        named < leaky.size() ? "; …" : ".");
  }
  if (incomplete > 0) {
    out += fmt::format(
        "<p class=\"warning\">{} of {} cells have folds missing and show no accuracy.</p>\n",
        incomplete, data.cells.size());
  }
  return out;
}

std::string Navigation(const std::vector<ReportSection>& sections) {
  std::string out = "<nav aria-label=\"Contents\"><ul>\n<li><a href=\"#tables\">Tables</a></li>\n";
  for (const ReportSection& section : sections) {
    out += "<li><a href=\"#" + section.id + "\">" + section.title + "</a></li>\n";
  }
  return out + "<li><a href=\"#provenance\">Provenance</a></li>\n</ul></nav>\n";
}

}  // namespace

std::vector<ReportSection> FigureSections(const ReportData& data) {
  std::vector<ReportSection> all;
  all.push_back({"grid", "Grid", GridFigures(data)});
  all.push_back({"masks", "The mask", MaskFigures(data)});
  all.push_back({"confusions", "Confusions", ConfusionFigures(data)});
  all.push_back({"by-subject", "Subjects", SubjectFigures(data)});
  for (Figure& figure : DifferenceFigures(data)) all.back().figures.push_back(std::move(figure));
  all.push_back({"decoupling", "Streams", StreamFigures(data)});
  all.push_back({"curves", "Training", TrainingFigures(data)});
  all.push_back({"work", "Timeline", TimelineFigures(data)});
  std::erase_if(all, [](const ReportSection& section) { return section.figures.empty(); });
  std::set<std::string> taken{"tables", "provenance", "failures"};
  for (const ReportSection& section : all) taken.insert(section.id);
  UniqueNames ids(std::move(taken));
  for (ReportSection& section : all) {
    for (Figure& figure : section.figures) figure.id = ids.Take(figure.id, "-");
  }
  return all;
}

std::string ReportPage(const ReportData& data, const std::vector<ReportSection>& sections) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      EscapeHtml(data.sweep.sweep) + "</title>\n<style>\n" + HtmlTableStyle() + StyleOfPage() +
      StyleOfFigures() + "</style>\n</head>\n<body>\n<header>\n" + Summary(data) + Warnings(data) +
      Navigation(sections) + "</header>\n<main>\n<section id=\"tables\">\n<h2>Tables</h2>\n" +
      RenderHtmlTables(data.tables) +
      "<p class=\"files\"><a href=\"tables.csv\">CSV</a> <a href=\"tables.md\">Markdown</a> "
      "<a href=\"tables.tex\">LaTeX</a> <a href=\"tables.json\">JSON</a></p>\n</section>\n";
  for (const ReportSection& section : sections) {
    out += "<section id=\"" + section.id + "\">\n<h2>" + section.title + "</h2>\n";
    for (const Figure& figure : section.figures) out += FigureHtml(figure);
    out += "</section>\n";
  }
  out += "<section id=\"provenance\">\n<h2>Provenance</h2>\n" + FailuresHtml(data) +
         ProvenanceHtml(data) + "</section>\n</main>\n";
  return out + "<footer><p class=\"quiet\">Written by unmask " UNMASK_VERSION
               " from its results store.</p></footer>\n</body>\n</html>\n";
}

}  // namespace unmask

// The report as one page that needs nothing else: no scripts, no fonts, no requests.
#pragma once

#include <string>
#include <vector>

#include "coordinator/report_page/figure.h"
#include "coordinator/report_page/report_data.h"

namespace unmask {

struct ReportSection {
  std::string id;
  std::string title;
  std::vector<Figure> figures;
};

// Sections without figures are left out. Every figure has a name of its own.
std::vector<ReportSection> FigureSections(const ReportData& data);

std::string ReportPage(const ReportData& data, const std::vector<ReportSection>& sections);

// Parts of the page (provenance.cc): what was run, by what, on what.
std::string ProvenanceHtml(const ReportData& data);
std::string FailuresHtml(const ReportData& data);  // empty: nothing failed

}  // namespace unmask

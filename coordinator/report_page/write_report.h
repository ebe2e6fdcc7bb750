// The report as a folder: index.html, and beside it the tables, every figure as SVG and its numbers
// as CSV.
#pragma once

#include <cstddef>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "coordinator/report_page/report_data.h"

namespace unmask {

struct WrittenReport {
  std::vector<fs::path> files;
  std::size_t figures = 0;
};

// Files of the same names are replaced, others left alone.
Result<WrittenReport> WriteReport(const ReportData& data, const fs::path& folder);

}  // namespace unmask

// The report as a folder: index.html, and beside it the tables, every figure as SVG and its numbers
// as CSV.
#pragma once

#include <cstddef>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "coordinator/report_page/report_data.h"

namespace unmask {

// Returns how many figures there are; appends the files to `written`, where given. Files of the
// same names are replaced, others left alone.
Result<std::size_t> WriteReport(const ReportData& data, const fs::path& folder,
                                std::vector<fs::path>* written = nullptr);

}  // namespace unmask

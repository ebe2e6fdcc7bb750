// The report as a folder: index.html, and beside it the tables, every figure as SVG and its numbers
// as CSV.
#pragma once

#include <cstddef>

#include "common/base/files.h"
#include "common/base/result.h"
#include "coordinator/report_page/report_data.h"

namespace unmask {

// A folder that results may be written to: made where it is missing. A UsageError where `path` is a
// file or cannot be written.
Status PrepareOutFolder(const fs::path& path);

// A file that results may be written to. A UsageError where `path` is a folder, or where the folder
// that it should lie in is missing or cannot be written.
Status CheckOutFile(const fs::path& path);

// Writes a file of results; the folder it lies in is there. An interrupted write leaves no half
// file.
Status WriteOutFile(const fs::path& path, std::string_view bytes);

// Returns how many figures there are. Files of the same names are replaced, others left alone.
Result<std::size_t> WriteReport(const ReportData& data, const fs::path& folder);

}  // namespace unmask

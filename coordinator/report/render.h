// Tables in the formats that `unmask tables` prints. The same tables give the same bytes: no dates,
// no locale, nothing of the machine.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/report/table.h"

namespace unmask {

std::string RenderMarkdown(const std::vector<Table>& tables);
std::string RenderLatex(const std::vector<Table>& tables);  // booktabs, one table float each
std::string RenderHtml(const std::vector<Table>& tables);   // one self-contained page
// The same tables as a part of a page whose style has HtmlTableStyle.
std::string RenderHtmlTables(const std::vector<Table>& tables);
std::string HtmlTableStyle();
// One line a row, column and task, with a header line; RFC 4180, full precision.
std::string RenderCsv(const std::vector<Table>& tables);
std::string RenderJson(const std::vector<Table>& tables);  // docs/formats.md, "Tables"

using TableRenderer = std::string (*)(const std::vector<Table>&);

// By the name of their format, in the order of --help.
const std::vector<std::pair<std::string, TableRenderer>>& TableRenderers();
// nullptr for any other name.
TableRenderer FindTableRenderer(std::string_view format);

}  // namespace unmask

#include "coordinator/report/render.h"

namespace unmask {

TableRenderer FindTableRenderer(std::string_view format) {
  if (format == "md") return RenderMarkdown;
  if (format == "csv") return RenderCsv;
  if (format == "latex") return RenderLatex;
  if (format == "html") return RenderHtml;
  if (format == "json") return RenderJson;
  return nullptr;
}

}  // namespace unmask

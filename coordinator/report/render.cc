#include "coordinator/report/render.h"

namespace unmask {

const std::vector<std::pair<std::string, TableRenderer>>& TableRenderers() {
  static const std::vector<std::pair<std::string, TableRenderer>> renderers = {
      {"md", RenderMarkdown},
      {"csv", RenderCsv},
      {"latex", RenderLatex},
      {"html", RenderHtml},
      {"json", RenderJson}};
  return renderers;
}

TableRenderer FindTableRenderer(std::string_view format) {
  for (const auto& [name, renderer] : TableRenderers()) {
    if (name == format) return renderer;
  }
  return nullptr;
}

}  // namespace unmask

#include "coordinator/export/exports.h"

namespace unmask {

const std::vector<std::pair<std::string, Exporter>>& Exporters() {
  static const std::vector<std::pair<std::string, Exporter>> exporters = {
      {"csv", ExportCsv},
      {"json", ExportJson},
      {"tensorboard", ExportTensorBoard},
      {"trace", ExportTrace},
      {"bundle", ExportBundle}};
  return exporters;
}

Exporter FindExporter(std::string_view format) {
  for (const auto& [name, exporter] : Exporters()) {
    if (name == format) return exporter;
  }
  return nullptr;
}

}  // namespace unmask

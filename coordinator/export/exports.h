// A sweep for other tools. Every function reads one snapshot of the store and writes what it names;
// the same store gives the same bytes. A DataError where the output cannot be written.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "sql/rows.h"
#include "sql/store_reader.h"

namespace unmask {

struct ExportRequest {
  StoreReader* reader = nullptr;
  std::string sweep;  // exact
  fs::path out;
};

// A folder with one file for each public view: cells.csv, jobs.csv, ...
Status ExportCsv(const ExportRequest& request);

// One file: {"sweep", "name", "config", "tables", "runs", "views": {"cells": [...], ...}}.
Status ExportJson(const ExportRequest& request);

// A folder of event files: a run for every job with its curves, and one for every cell with its
// figures at step 0.
Status ExportTensorBoard(const ExportRequest& request);

// One file in Chrome's trace event format: a process for each run of the coordinator, a thread for
// each slot of a worker, a span for each attempt.
Status ExportTrace(const ExportRequest& request);

// A folder for a paper's artefacts: configuration, tables, views, the report, provenance, and
// SHA256SUMS of them all. What else lies in the folder, as from the export of another sweep, is
// left alone and not among the sums.
Status ExportBundle(const ExportRequest& request);

using Exporter = Status (*)(const ExportRequest&);

// By the name of their format, in the order of --help.
const std::vector<std::pair<std::string, Exporter>>& Exporters();
// nullptr for any other name.
Exporter FindExporter(std::string_view format);

// --- parts, shared and tested

// Writes the views that belong to the sweep as CSV into the folder; returns the files. Within a
// snapshot.
Result<std::vector<fs::path>> WriteViews(StoreReader& reader, std::string_view sweep,
                                         const fs::path& folder);

// A name for a run of TensorBoard, at most 200 bytes: texts are kept as far as file systems and
// browsers allow, seed and LEAKY always.
std::string RunName(const JobRow& job);
std::string RunName(const CellRow& cell);

}  // namespace unmask

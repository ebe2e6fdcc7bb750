// Reading what belongs to a job. SQLite's exceptions pass through: StoreReader catches them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/messages.h"
#include "sql/database.h"
#include "sql/rows.h"

namespace unmask {

Result<JobDetails> FindJobRow(Database& database, std::string_view key_prefix);
std::vector<JobUseRow> ReadUses(Database& database, std::string_view job_key);
std::vector<AttemptRow> ReadAttempts(Database& database, std::string_view job_key);
Result<JobResult> ReadResult(Database& database, std::string_view job_key);
std::unordered_set<std::string> ReadKeysOf(Database& database, JobState state);
void VisitDoneSpecs(Database& database, const std::function<void(const DoneSpecRow&)>& visit);
void VisitDoneSpecsOf(Database& database, std::string_view held_out, std::int64_t seed,
                      const std::function<void(const DoneSpecRow&)>& visit);
std::unordered_set<std::string> ReadReferencedBlobs(Database& database);

}  // namespace unmask

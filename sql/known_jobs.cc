#include "sql/known_jobs.h"

#include <charconv>

#include "sql/name_columns.h"

namespace unmask {

KnownJob* KnownJobs::Find(std::string_view job_key) {
  const auto bytes = BytesOf(job_key);
  if (!bytes) return nullptr;
  const auto known = by_key_.find(*bytes);
  if (known != by_key_.end()) return &known->second;
  Rows rows(database_,
            "SELECT job.id, job.attempts, job.state,"
            " EXISTS (SELECT 1 FROM checkpoint WHERE checkpoint.job_id = job.id)"
            " FROM job WHERE job.job_key = ?",
            job_key);
  if (!rows.Next()) return nullptr;
  const KnownJob job{rows.Int(0), static_cast<std::int32_t>(rows.Int(1)), NameIn<JobState>(rows, 2),
                     rows.Int(3) != 0};
  return &by_key_.emplace(*bytes, job).first->second;
}

void KnownJobs::Add(std::string_view job_key, const KnownJob& job) {
  if (const auto bytes = BytesOf(job_key)) by_key_.insert_or_assign(*bytes, job);
}

std::optional<KnownJobs::Bytes> KnownJobs::BytesOf(std::string_view job_key) {
  constexpr std::size_t kDigits = 16;
  Bytes bytes;
  if (job_key.size() != bytes.size() * kDigits) return std::nullopt;
  for (std::uint64_t& part : bytes) {
    const char* const begin = &job_key.front();
    const char* const end = begin + kDigits;
    if (std::from_chars(begin, end, part, 16).ptr != end) return std::nullopt;
    job_key.remove_prefix(kDigits);
  }
  return bytes;
}

}  // namespace unmask

#include "sql/blob_sweep.h"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <unordered_set>

#include "common/base/sha256.h"
#include "sql/store_lock.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

// WriteFileDurably's names.
bool IsTemporary(const std::string& name) { return name.find(".tmp-") != std::string::npos; }
bool IsTemporaryToken(const std::string& name) { return name.starts_with("token.tmp-"); }

bool IsPlainFile(const fs::directory_entry& entry) {
  std::error_code error;
  return entry.is_regular_file(error) && !entry.is_symlink(error);
}

// `is_garbage`: of a file's name.
Status SweepFolder(const fs::path& folder,
                   const std::function<bool(const std::string&)>& is_garbage, bool dry_run,
                   BlobSweep& swept) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::directory_entry& entry = *it;
    if (!IsPlainFile(entry) || !is_garbage(entry.path().filename().string())) continue;
    std::error_code entry_error;
    const auto bytes = static_cast<std::int64_t>(entry.file_size(entry_error));
    if (!dry_run) fs::remove(entry.path(), entry_error);
    if (entry_error) {
      return DataError(fmt::format("cannot remove: {}", entry_error.message()),
                       entry.path().string());
    }
    ++swept.files;
    swept.bytes += bytes;
  }
  if (error) return DataError(fmt::format("cannot list: {}", error.message()), folder.string());
  return {};
}

}  // namespace

Result<BlobSweep> SweepBlobs(const StorePaths& paths, bool dry_run, bool take_over) {
  // The reader first: without a store there is nothing to lock.
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(paths));
  UNMASK_ASSIGN(const StoreLock lock, StoreLock::Take(paths.lock(), take_over));
  UNMASK_ASSIGN(const auto needed, reader->ReferencedBlobs());
  BlobSweep swept;
  const auto is_garbage = [&needed](const std::string& name) {
    return IsTemporary(name) || (IsSha256Hex(name) && !needed.contains(name));
  };
  UNMASK_TRY(SweepFolder(paths.blobs(), is_garbage, dry_run, swept));
  // Beside the database users may keep files of their own.
  UNMASK_TRY(SweepFolder(paths.root, IsTemporaryToken, dry_run, swept));
  const fs::path pictures = paths.root / "paths";
  std::error_code not_there;
  if (fs::exists(pictures, not_there)) {
    UNMASK_TRY(SweepFolder(pictures, IsTemporary, dry_run, swept));
  }
  return swept;
}

}  // namespace unmask

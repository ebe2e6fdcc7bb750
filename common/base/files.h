// Files that survive a power cut, and paths that stay beneath their root.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace unmask {

namespace fs = std::filesystem;

// The whole file; an error where it is missing, not a regular file, or larger than `max_bytes`.
Result<std::string> ReadFile(const fs::path& path,
                             std::uint64_t max_bytes = std::uint64_t{1} << 30);

// A link that leads nowhere is there too, so that whoever reads it tells so.
bool IsThere(const fs::path& path);

// SHA-256 of a file that may be larger than memory; errors as above.
Result<std::string> HashFile(const fs::path& path);

// Temp file beside the target, fsync, rename, fsync of the folder: old or new content, never a
// mixture.
Status WriteFileDurably(const fs::path& path, std::string_view bytes);

// Of a temporary file's name: another one for each call, in all processes of all hosts.
std::string UniqueSuffix();

// The folder that the file lies in, or would.
fs::path FolderOf(const fs::path& path);

// What is expected of a place that could not be written to.
inline constexpr const char* kPlaceToWrite = "a place with room that can be written to";

// Whether the disk (or quota) was full: try again when there is room.
bool IsNoSpace(const Error& error);

Status SyncFolder(const fs::path& folder);
Status MakeFolders(const fs::path& folder);

// `relative` resolved beneath `root`, symbolic links followed; an error where it leaves the root.
Result<fs::path> ResolveBeneath(const fs::path& root, std::string_view relative);

// Content-addressed files: blobs/<sha256>. Safe for several writers of the same content.
class BlobFolder {
 public:
  explicit BlobFolder(fs::path folder) : folder_(std::move(folder)) {}
  // Returns the SHA-256 of the bytes; writes nothing where the blob is there already.
  Result<std::string> Write(std::string_view bytes) const;
  // Reads and checks the content against its name; a DataError where missing or damaged.
  Result<std::string> Read(std::string_view sha256) const;
  // The two apart.
  Result<std::string> ReadUnchecked(std::string_view sha256) const;
  Status Check(std::string_view sha256, std::string_view bytes) const;
  fs::path PathOf(std::string_view sha256) const { return folder_ / std::string(sha256); }
  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

// Whether the folder lies on a network file system (NFS, Lustre, GPFS, CIFS, ...; statfs magic
// numbers).
bool IsNetworkFileSystem(const fs::path& folder);

}  // namespace unmask

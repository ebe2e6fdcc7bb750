#include "common/base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>

#include "common/base/sha256.h"

namespace unmask {
namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int Close() {
    const int fd = fd_;
    fd_ = -1;
    return close(fd);
  }

 private:
  int fd_;
};

constexpr const char* kReadExpected = "a file that can be read";

Error SystemError(std::string_view verb, const fs::path& path, const char* expected) {
  const int error = errno;
  return DataError(fmt::format("cannot {}: {}", verb, std::strerror(error)), path.string(),
                   expected);
}

// Here and below `path` is what was asked for, not what it is called until it is whole.
Status WriteAll(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("write", path, kPlaceToWrite);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Status WriteTemp(const fs::path& temp, std::string_view bytes, const fs::path& path) {
  Descriptor file(open(temp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) return SystemError("create", path, kPlaceToWrite);
  UNMASK_TRY(WriteAll(file.get(), bytes, path));
  if (fsync(file.get()) != 0) return SystemError("sync", path, kPlaceToWrite);
  if (file.Close() != 0) return SystemError("close", path, kPlaceToWrite);
  return {};
}

// `take` is given one piece after the other, until it finds an error.
template <typename Take>
Status ReadPieces(const fs::path& path, Take take) {
  // A pipe that nobody writes to is refused like any other, not waited for.
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return SystemError("read", path, kReadExpected);
  struct stat info{};
  if (fstat(file.get(), &info) != 0) return SystemError("read", path, kReadExpected);
  if (!S_ISREG(info.st_mode)) return DataError("not a regular file", path.string(), kReadExpected);
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t n = read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("read", path, kReadExpected);
    if (n == 0) return {};
    UNMASK_TRY(take(std::string_view(buffer.data(), static_cast<std::size_t>(n))));
  }
}

}  // namespace

bool IsThere(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

Result<std::string> ReadFile(const fs::path& path, std::uint64_t max_bytes) {
  std::string bytes;
  UNMASK_TRY(ReadPieces(path, [&](std::string_view piece) -> Status {
    bytes += piece;
    if (bytes.size() <= max_bytes) return {};
    return DataError("file too large", path.string(), fmt::format("at most {} bytes", max_bytes));
  }));
  return bytes;
}

Result<std::string> HashFile(const fs::path& path) {
  Sha256 hash;
  UNMASK_TRY(ReadPieces(path, [&](std::string_view piece) -> Status {
    hash.Update(piece);
    return {};
  }));
  return hash.HexDigest();
}

Status SyncFolder(const fs::path& folder) {
  Descriptor file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0 || fsync(file.get()) != 0) return SystemError("sync", folder, kPlaceToWrite);
  return {};
}

std::string UniqueSuffix() {
  static std::atomic<unsigned> counter{0};
  // Processes of several hosts or containers may have one pid, and write into one folder.
  static const unsigned here = std::random_device()();
  return fmt::format("{}-{:x}-{}", getpid(), here, counter++);
}

Status WriteFileDurably(const fs::path& path, std::string_view bytes) {
  const fs::path temp = path.string() + ".tmp-" + UniqueSuffix();
  Status written = WriteTemp(temp, bytes, path);
  if (written.ok() && rename(temp.c_str(), path.c_str()) != 0)
    written = SystemError("rename", path, kPlaceToWrite);
  if (!written.ok()) {
    unlink(temp.c_str());
    return written;
  }
  return SyncFolder(FolderOf(path));
}

fs::path FolderOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

bool IsNoSpace(const Error& error) {
  return std::ranges::any_of(error.problems, [](const Problem& problem) {
    return problem.what.find(std::strerror(ENOSPC)) != std::string::npos ||
           problem.what.find(std::strerror(EDQUOT)) != std::string::npos;
  });
}

Status MakeFolders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return DataError("cannot create folder: " + error.message(), folder.string(), kPlaceToWrite);
  }
  return {};
}

Result<fs::path> ResolveBeneath(const fs::path& root, std::string_view relative) {
  std::error_code no_root;
  std::error_code error;
  const fs::path base = fs::weakly_canonical(root, no_root) / "";  // one way to write it: with '/'
  if (no_root) return DataError("cannot resolve: " + no_root.message(), root.string());
  const fs::path full = fs::weakly_canonical(base / fs::path(relative), error);
  const auto [end, rest] =
      std::mismatch(base.begin(), std::prev(base.end()), full.begin(), full.end());
  if (error || end != std::prev(base.end()) || fs::path(relative).is_absolute()) {
    return DataError(fmt::format("path '{}' leaves its root", relative), root.string(),
                     "a relative path beneath the root");
  }
  return full;
}

Result<std::string> BlobFolder::Write(std::string_view bytes) const {
  const std::string sha256 = Sha256Hex(bytes);
  if (Read(sha256).ok()) return sha256;  // there already, and intact
  UNMASK_TRY(WriteFileDurably(PathOf(sha256), bytes));
  return sha256;
}

Result<std::string> BlobFolder::Read(std::string_view sha256) const {
  UNMASK_ASSIGN(std::string bytes, ReadUnchecked(sha256));
  UNMASK_TRY(Check(sha256, bytes));
  return bytes;
}

Result<std::string> BlobFolder::ReadUnchecked(std::string_view sha256) const {
  UNMASK_CHECK(IsSha256Hex(sha256));
  return ReadFile(PathOf(sha256), std::uint64_t{1} << 36);
}

Status BlobFolder::Check(std::string_view sha256, std::string_view bytes) const {
  if (Sha256Hex(bytes) == sha256) return {};
  return DataError("blob is damaged", PathOf(sha256).string(),
                   "content with the SHA-256 of its name");
}

bool IsNetworkFileSystem(const fs::path& folder) {
  struct statfs info{};
  if (statfs(folder.c_str(), &info) != 0) return false;
  // linux/magic.h and the file systems' own sources: NFS, SMB, SMB2, CIFS, AFS, Ceph, Lustre, GPFS,
  // BeeGFS, 9P, FUSE, PanFS, OrangeFS, OCFS2, GFS2.
  constexpr std::array<unsigned long, 15> kNetwork = {
      0x6969,     0x517B,     0xFE534D42, 0xFF534D42, 0x5346414F,
      0x00C36400, 0x0BD00BD0, 0x47504653, 0x19830326, 0x01021997,
      0x65735546, 0xAAD7AAEA, 0x20030528, 0x7461636F, 0x01161970};
  const auto magic = static_cast<unsigned long>(info.f_type) & 0xFFFFFFFFUL;
  return std::find(kNetwork.begin(), kNetwork.end(), magic) != kNetwork.end();
}

}  // namespace unmask

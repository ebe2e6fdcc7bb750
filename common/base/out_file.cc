#include "common/base/out_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace unmask {
namespace {

// /dev/stdout may stand for a file, which the shell holds open.
bool IsWrittenAsItStands(const fs::path& path) {
  const std::string text = path.string();
  for (const char* stream : {"/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/"}) {
    if (text.starts_with(stream)) return true;
  }
  std::error_code ignored;
  return fs::is_other(path, ignored);
}

// What a symbolic link names, there or not.
fs::path Followed(fs::path path) {
  constexpr int kLinksMost = 40;  // as Linux follows
  std::error_code error;
  for (int i = 0; i < kLinksMost && fs::is_symlink(path, error); ++i) {
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  return path;
}

void KeepMode(const fs::path& target, std::FILE* file) {
  struct stat info{};
  if (stat(target.c_str(), &info) == 0) (void)fchmod(fileno(file), info.st_mode & 07777);
}

// Something else may stand in the folder's place.
Status CheckWritable(const fs::path& folder) {
  if (access((folder / "").c_str(), W_OK | X_OK) == 0) return {};
  return DataError(fmt::format("cannot write to the folder: {}", std::strerror(errno)),
                   folder.string(), fmt::format("--out, {}", kPlaceToWrite));
}

}  // namespace

Status PrepareOutFolder(const fs::path& path) {
  UNMASK_TRY(MakeFolders(path));
  return CheckWritable(path);
}

Status CheckOutFile(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return DataError("a folder stands there", path.string(), "--out FILE");
  }
  if (IsWrittenAsItStands(path)) return {};
  return CheckWritable(FolderOf(Followed(path)));
}

OutFile::OutFile(const fs::path& path) : path_(path), target_(path), written_(path) {
  if (!IsWrittenAsItStands(path)) {
    target_ = Followed(path);
    written_ = target_.string() + ".partial-" + UniqueSuffix();
  }
  file_ = std::fopen(written_.c_str(), "wbe");
  if (file_ == nullptr) {
    error_ = errno;
  } else if (written_ != target_) {
    KeepMode(target_, file_);
  }
}

OutFile::~OutFile() {
  (void)Close();
  if (written_ != target_) unlink(written_.c_str());
}

void OutFile::Write(std::string_view text) {
  if (file_ == nullptr || error_ != 0) return;
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) error_ = errno;
}

bool OutFile::Close() {
  if (file_ == nullptr) return false;
  std::FILE* file = std::exchange(file_, nullptr);
  const bool flushed = std::fflush(file) == 0;
  // Of a pipe or device there is nothing to keep.
  const bool synced = flushed && (written_ == target_ || fsync(fileno(file)) == 0);
  if (!synced && error_ == 0) error_ = errno;
  if (std::fclose(file) != 0 && error_ == 0) error_ = errno;
  return error_ == 0;
}

Status OutFile::Finish() {
  bool done = Close();
  if (done && written_ != target_) {
    done = rename(written_.c_str(), target_.c_str()) == 0;
    if (!done) error_ = errno;
  }
  if (done) return {};
  return DataError(fmt::format("cannot write the file: {}", std::strerror(error_)), path_.string(),
                   fmt::format("--out, {}", kPlaceToWrite));
}

Status WriteOutFile(const fs::path& path, std::string_view bytes) {
  OutFile file(path);
  file.Write(bytes);
  return file.Finish();
}

}  // namespace unmask

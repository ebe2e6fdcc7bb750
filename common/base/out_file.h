// Files and folders that a user names for results (`--out`).
#pragma once

#include <cstdio>
#include <string_view>

#include "common/base/files.h"
#include "common/base/result.h"

namespace unmask {

// A folder that results may be written to: made where it is missing. A DataError where `path` is a
// file or cannot be written.
Status PrepareOutFolder(const fs::path& path);

// A file that results may be written to. A DataError where `path` is a folder, or where the folder
// that it should lie in is missing or cannot be written.
Status CheckOutFile(const fs::path& path);

// A file that grows and takes its name when it is whole, so that an interrupted write leaves the
// old one. Of a symbolic link the file behind it is replaced, with its mode. What is no file, such
// as a device or a pipe, is written to as it stands.
class OutFile {
 public:
  explicit OutFile(const fs::path& path);
  ~OutFile();
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  void Write(std::string_view text);
  // A DataError where any of it could not be written; what stood there then stands there still.
  Status Finish();

 private:
  bool Close();

  fs::path path_;
  fs::path target_;   // behind symbolic links
  fs::path written_;  // `target_` itself where that is no file
  std::FILE* file_;
  int error_ = 0;  // errno of the first failure
};

Status WriteOutFile(const fs::path& path, std::string_view bytes);

}  // namespace unmask

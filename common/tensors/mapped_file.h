// A file's bytes through the page cache: several programs that read the same weights share them.
#pragma once

#include <memory>
#include <string_view>

#include "common/base/files.h"

namespace unmask {

// Read-only; symbolic links are followed, as the Hugging Face cache is made of them. Whoever
// shortens the file while it is mapped kills its readers (SIGBUS): weights are not edited in place.
class MappedFile {
 public:
  // A DataError where it is missing, unreadable or not a regular file; InternalError where there is
  // no memory to map it.
  static Result<std::shared_ptr<const MappedFile>> Open(const fs::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}

  const char* data_;  // nullptr where the file is empty
  std::size_t size_;
};

}  // namespace unmask

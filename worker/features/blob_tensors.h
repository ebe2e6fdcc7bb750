// What feature jobs make, as blobs of the store: one tensor a file, mapped so that the trainers of
// a host share the page cache.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/tensors/mapped_file.h"
#include "common/tensors/safetensors.h"

namespace unmask {

inline constexpr const char* kCropsTensor = "crops";        // U8 [clips, size, size, 3]
inline constexpr const char* kFeaturesTensor = "features";  // F32 [clips, width]

// A tensor of a mapped blob: rows of the first dimension.
struct BlobTensor {
  std::shared_ptr<const MappedFile> file;  // keeps the bytes
  std::vector<std::int64_t> shape;
  std::string_view bytes;

  std::int64_t rows() const { return shape.front(); }
  std::string_view row(std::int64_t index) const {
    const std::size_t size = bytes.size() / static_cast<std::size_t>(rows());
    return bytes.substr(static_cast<std::size_t>(index) * size, size);
  }
};

// Keeps each blob open, checked against its name, for the life of the process. Thread-safe: two
// threads that ask first may both read it.
class BlobTensors {
 public:
  explicit BlobTensors(const BlobFolder& blobs) : blobs_(blobs) {}

  // Tensor `name` of that type and number of dimensions, with at least one row.
  Result<BlobTensor> Open(const std::string& sha256, const std::string& name, DType dtype,
                          std::size_t dimensions);
  // Whether it is a blob with such a tensor; an error where it cannot be read.
  Result<bool> Has(const std::string& sha256, const std::string& name);

 private:
  struct OpenBlob {
    std::shared_ptr<const MappedFile> file;
    Safetensors content;  // into `file`
  };

  Result<const OpenBlob*> Map(const std::string& sha256);
  Result<OpenBlob> Read(const std::string& sha256) const;

  BlobFolder blobs_;
  std::mutex mutex_;
  std::map<std::string, OpenBlob> open_;  // by SHA-256; what is in it stays where it is
};

// The bytes of a file with that one tensor.
std::string BlobTensorBytes(const std::string& name, DType dtype, std::vector<std::int64_t> shape,
                            std::string_view bytes);

}  // namespace unmask

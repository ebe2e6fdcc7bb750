// How the core engine keeps numbers in memory. Rows are padded to whole groups of 16 floats, which
// is what a sum along a row is made of on every instruction set; the padding is zero and stays so.
#pragma once

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace unmask {

inline constexpr std::size_t kGroup = 16;   // floats
inline constexpr std::size_t kWord = 64;    // columns to a word of nonzero bits
inline constexpr std::size_t kBlock = 32;   // rows to a word of nonzero bits
inline constexpr std::size_t kPanel = 128;  // columns: 64 rows of a panel fill a 32 KB cache

constexpr std::size_t CeilDiv(std::size_t a, std::size_t b) { return (a + b - 1) / b; }
constexpr std::size_t PadToGroup(std::size_t n) { return CeilDiv(n, kGroup) * kGroup; }

// Aligned floats, zero at first.
class FloatBuffer {
 public:
  explicit FloatBuffer(std::size_t size = 0)
      : size_(size), data_(size == 0 ? nullptr : hwy::AllocateAligned<float>(size)) {
    if (size != 0 && data_ == nullptr) throw std::bad_alloc();
    std::fill_n(data_.get(), size, 0.0F);
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  hwy::AlignedFreeUniquePtr<float[]> data_;
};

// A matrix, row-major. Rows are an odd number of cache lines apart where they are long, so that a
// column of them does not fall into one set of the cache.
class Rows {
 public:
  explicit Rows(std::size_t width = 0)
      : width_(width), stride_(PadToGroup(width) + (PadToGroup(width) / kGroup + 1) % 2 * kGroup) {}

  // Room for that many rows; what was there is lost when they have to grow.
  void Reserve(std::size_t rows) {
    if (rows * stride_ > data_.size()) data_ = FloatBuffer(rows * stride_);
  }
  void Clear(std::size_t rows) { std::fill_n(data_.data(), rows * stride_, 0.0F); }

  float* row(std::size_t i) { return data_.data() + i * stride_; }
  const float* row(std::size_t i) const { return data_.data() + i * stride_; }
  std::size_t width() const { return width_; }
  std::size_t padded() const { return PadToGroup(width_); }
  std::size_t stride() const { return stride_; }

 private:
  std::size_t width_;
  std::size_t stride_;
  FloatBuffer data_;
};

// A matrix of which a layer's passes read some columns at a time, in somebody's memory: cut into
// panels of kPanel columns, the last one narrower, one panel after the other and each row-major. So
// a pass over a panel walks through memory in order, as the processor fetches it.
class Panels {
 public:
  static std::size_t Floats(std::size_t rows, std::size_t width) {
    return rows * PadToGroup(width);
  }
  // At `data`, Floats() of them, that outlive this.
  Panels(float* data, std::size_t rows, std::size_t width)
      : data_(data), rows_(rows), width_(width) {}

  // From column `column` on to the end of its panel.
  float* at(std::size_t row, std::size_t column) { return data_ + Offset(row, column); }
  const float* at(std::size_t row, std::size_t column) const { return data_ + Offset(row, column); }
  // From row to row in the panel of that column.
  std::size_t stride(std::size_t column) const {
    return std::min(kPanel, PadToGroup(width_) - First(column));
  }

 private:
  static std::size_t First(std::size_t column) { return column / kPanel * kPanel; }
  std::size_t Offset(std::size_t row, std::size_t column) const {
    return rows_ * First(column) + row * stride(column) + column % kPanel;
  }

  float* data_;
  std::size_t rows_;
  std::size_t width_;
};

// Which elements of a matrix are not zero. After ReLU and dropout three quarters are, and a
// multi-hot vector is nearly empty: neither forward nor backward passes touch them. A sum that
// leaves out zeros has the same bits.
class Nonzeros {
 public:
  explicit Nonzeros(std::size_t width = 0)
      : words_(CeilDiv(width, kWord)), padded_(words_ * kWord), starts_(width + 1) {}

  void Reserve(std::size_t rows) {
    by_row_.resize(std::max(by_row_.size(), rows * words_));
    by_column_.resize(std::max(by_column_.size(), CeilDiv(rows, kBlock) * padded_));
    const std::size_t most = rows * (starts_.size() - 1);
    if (most <= gradients_.size()) return;
    rows_.resize(most + kGroup);  // written by whole vectors
    places_.resize(most + kGroup);
    gradients_.resize(most);
  }

  // Words of a row: bit j of word i is column 64 i + j.
  std::uint64_t* row(std::size_t i) { return by_row_.data() + i * words_; }
  const std::uint64_t* row(std::size_t i) const { return by_row_.data() + i * words_; }
  std::size_t words() const { return words_; }
  // For a block of 32 rows, one word a column: bit j is row 32 block + j.
  std::uint32_t* columns(std::size_t block) { return by_column_.data() + block * padded_; }

  // The same elements as a list, column by column, rows rising: those of column k are starts()[k]
  // to starts()[k + 1]. Their rows, and where they lie, counted from the matrix's first element.
  std::vector<std::uint32_t>& starts() { return starts_; }
  const std::vector<std::uint32_t>& starts() const { return starts_; }
  std::uint32_t* rows() { return rows_.data(); }
  const std::uint32_t* rows() const { return rows_.data(); }
  std::uint32_t* places() { return places_.data(); }
  const std::uint32_t* places() const { return places_.data(); }
  // What the backward pass gathers for each of them.
  float* gradients() { return gradients_.data(); }
  const float* gradients() const { return gradients_.data(); }

 private:
  std::size_t words_;
  std::size_t padded_;
  std::vector<std::uint64_t> by_row_;
  std::vector<std::uint32_t> by_column_, starts_, rows_, places_;
  std::vector<float> gradients_;
};

}  // namespace unmask

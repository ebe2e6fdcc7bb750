// What a model is given of each clip: action units, a backbone's features, or pixels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/jobs/job.h"

namespace unmask {

// One thread at a time.
class Inputs {
 public:
  virtual ~Inputs() = default;
  // A clip's values in a view (kPlainView, or an augmented one from 0 on); `row` has their width.
  // Throws std::runtime_error where they cannot be had.
  virtual void Copy(std::int64_t view, std::int64_t clip, std::span<float> row) const = 0;
  // False: the next Copy from the view makes all of it first, which may take minutes.
  virtual bool Has(std::int64_t) const { return true; }
};

// Values in memory, the same in every view.
class TableInputs final : public Inputs {
 public:
  // [clips, width], row-major.
  explicit TableInputs(std::vector<float> values) : values_(std::move(values)) {}

  void Copy(std::int64_t, std::int64_t clip, std::span<float> row) const override {
    const auto from = static_cast<std::size_t>(clip) * row.size();
    UNMASK_CHECK(from + row.size() <= values_.size());
    std::copy_n(values_.data() + from, row.size(), row.data());
  }

 private:
  std::vector<float> values_;
};

}  // namespace unmask

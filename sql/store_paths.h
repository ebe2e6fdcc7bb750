// Where things lie in a store.
#pragma once

#include "common/base/files.h"

namespace unmask {

struct StorePaths {
  fs::path root;
  fs::path database() const { return root / "unmask.db"; }
  fs::path blobs() const { return root / "blobs"; }
  fs::path logs() const { return root / "logs"; }
  fs::path lock() const { return root / "lock"; }
  fs::path token() const { return root / "token"; }
  // Whether a coordinator has worked here: its token follows its first commit.
  bool HasToken() const {
    std::error_code ignored;
    return fs::exists(token(), ignored);
  }
};

}  // namespace unmask

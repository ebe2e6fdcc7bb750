#include "cli/out_path.h"

#include <algorithm>

namespace unmask {
namespace {

bool IsOrLiesIn(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace

Status CheckIsNoInput(const std::string& out, std::span<const std::string> inputs) {
  for (const std::string& input : inputs) {
    std::error_code not_there;
    if (!fs::equivalent(out, input, not_there)) continue;
    return UsageError("would replace what is read", "--out " + out, "another file");
  }
  return {};
}

Status CheckIsNotTheStores(const std::string& out, const StorePaths& store) {
  std::error_code error;
  const fs::path root = fs::weakly_canonical(store.root, error);
  const fs::path path = fs::weakly_canonical(out, error);
  if (error) return {};  // for who writes there to say
  bool own = path == root;
  for (const fs::path& kept :
       {store.database(), store.blobs(), store.logs(), store.lock(), store.token()}) {
    own = own || IsOrLiesIn(path, root / kept.filename());
  }
  for (const char* side : {"-wal", "-shm", "-journal"}) {
    own = own || IsOrLiesIn(path, root / (store.database().filename().string() + side));
  }
  if (!own) return {};
  return UsageError("would replace a part of the store", "--out " + out, "a place of its own");
}

}  // namespace unmask

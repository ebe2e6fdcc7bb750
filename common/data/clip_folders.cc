#include "common/data/clip_folders.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "common/data/frames.h"
#include "common/data/media_kind.h"

namespace unmask {
namespace {

constexpr int kDepthMax = 6;

bool IsOfSubject(const fs::path& path, const std::string& subject) {
  const std::string name = ToLower(subject);
  const std::string number = FrameNumberOf(subject);
  return std::ranges::any_of(path.parent_path(), [&](const fs::path& part) {
    const std::string folder = ToLower(part.string());
    return folder == name || (!number.empty() && FrameNumberOf(folder) == number);
  });
}

std::optional<std::string> TheOne(const std::vector<fs::path>& paths, const std::string& subject) {
  if (paths.size() == 1) return paths[0].string();
  std::vector<fs::path> of_subject;
  std::ranges::copy_if(paths, std::back_inserter(of_subject),
                       [&](const fs::path& path) { return IsOfSubject(path, subject); });
  if (of_subject.size() == 1) return of_subject[0].string();
  return std::nullopt;
}

}  // namespace

ClipFolders::ClipFolders(fs::path root, const std::set<std::string>& samples)
    : root_(std::move(root)) {
  for (const std::string& sample : samples) wanted_.insert(ToLower(sample));
  std::error_code error;
  fs::recursive_directory_iterator it(root_, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (it.depth() >= kDepthMax) it.disable_recursion_pending();
    std::error_code ignored;
    Add(it->path(), it->is_directory(ignored));
  }
}

void ClipFolders::Add(const fs::path& path, bool folder) {
  const std::string name = ToLower((folder ? path.filename() : path.stem()).string());
  if (!wanted_.contains(name)) return;
  const fs::path relative = path.lexically_relative(root_);
  // A link to elsewhere: no study would accept it.
  if (!ResolveBeneath(root_, relative.string()).ok()) return;
  (folder ? folders_ : files_)[name].push_back(relative);
}

std::optional<std::string> ClipFolders::Find(const std::string& subject,
                                             const std::string& sample) const {
  const bool is_name =
      !sample.empty() && sample != "." && sample != ".." && sample.find('/') == std::string::npos;
  if (!is_name) return std::nullopt;
  for (const std::string& relative : {fmt::format("{}/{}", subject, sample), sample}) {
    const auto path = ResolveBeneath(root_, relative);
    std::error_code ignored;
    if (path.ok() && fs::is_directory(*path, ignored)) return relative;
  }
  if (const auto at = folders_.find(ToLower(sample)); at != folders_.end()) {
    return TheOne(at->second, subject);
  }
  const auto at = files_.find(ToLower(sample));
  if (at == files_.end()) return std::nullopt;
  std::vector<fs::path> pictures;
  std::ranges::copy_if(at->second, std::back_inserter(pictures), [&](const fs::path& path) {
    const auto kind = MediaKindOfFile(root_ / path);
    return kind.ok() && *kind != MediaKind::kOther;
  });
  return TheOne(pictures, subject);
}

}  // namespace unmask

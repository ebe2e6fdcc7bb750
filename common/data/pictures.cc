#include "common/data/pictures.h"

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

Error Unreadable(const std::string& what, const std::string& why) {
  return DataError(what + " cannot be read: " + why, "", "one that unmask wrote");
}

Result<Json> ReadPaths(const fs::path& store, std::string_view sha256) {
  const fs::path file = store / "paths" / std::string(sha256);
  UNMASK_ASSIGN(const std::string text, ReadFile(file));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Unreadable(file.string(), "not JSON");
  return json;
}

}  // namespace

std::string PicturesBlob(const std::vector<Picture>& pictures) {
  Json list = Json::array();
  for (const Picture& each : pictures) {
    list.push_back({{"picture", each.fingerprint}, {"sample", each.sample}});
  }
  return Json{{"pictures", std::move(list)}}.dump();
}

Result<std::vector<Picture>> ParsePicturesBlob(std::string_view blob) {
  try {
    std::vector<Picture> pictures;
    const Json json = Json::parse(blob);
    for (const Json& each : json.at("pictures").get_ref<const Json::array_t&>()) {
      pictures.push_back({each.at("sample"), each.at("picture")});
    }
    return pictures;
  } catch (const Json::exception& error) {
    return Unreadable("pictures blob", error.what());
  }
}

std::string FramePathsText(const std::vector<FrameRef>& frames) {
  Json list = Json::array();
  for (const FrameRef& frame : frames) {
    list.push_back({{"path", frame.path.string()}, {"video_frame", frame.video_frame}});
  }
  return list.dump();
}

Result<std::vector<FrameRef>> ReadFramePaths(const fs::path& store, std::string_view sha256) {
  UNMASK_ASSIGN(const Json json, ReadPaths(store, sha256));
  try {
    std::vector<FrameRef> frames;
    for (const Json& each : json.get_ref<const Json::array_t&>()) {
      frames.push_back({store / each.at("path").get<std::string>(), each.at("video_frame")});
    }
    return frames;
  } catch (const Json::exception& error) {
    return Unreadable("paths/" + std::string(sha256), error.what());
  }
}

Status CheckPath(const fs::path& path) {
  if (IsUtf8(path.string())) return {};
  return DataError("a path that is not UTF-8", EscapeControl(path.string()),
                   "names in UTF-8: the store keeps them in JSON");
}

std::string PathText(const fs::path& path) { return Json(path.string()).dump(); }

Result<fs::path> ReadPath(const fs::path& store, std::string_view sha256) {
  UNMASK_ASSIGN(const Json json, ReadPaths(store, sha256));
  if (!json.is_string()) return Unreadable("paths/" + std::string(sha256), "not a path");
  return store / json.get<std::string>();
}

}  // namespace unmask

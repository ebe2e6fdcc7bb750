#include "common/config/yaml_guard.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_set>

#include "common/base/text.h"

namespace unmask {
namespace {

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

// Builds the tree; whatever is refused is thrown as the parser throws its own errors.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& name) : name_(name) {}

  YamlDocument Take() { return std::move(document_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) Refuse(mark, "a second document");
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { RefuseAnchor(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { RefuseAnchor(mark); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Check(mark, "", anchor);
    if (WantsKey()) Refuse(mark, "a key that is not text");
    Add(MakeNode(YamlNode::Kind::kNull, mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Check(mark, tag, anchor);
    if (WantsKey()) return AddKey(mark, value);
    YamlNode node = MakeNode(YamlNode::Kind::kScalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    Add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  // A container that is still being read, with the key that waits for its value.
  struct Frame {
    YamlNode node;
    bool has_key = false;
    bool duplicate = false;
    std::string key;
    int key_line = 0;
    std::unordered_set<std::string> keys;
  };

  [[noreturn]] static void Refuse(const YAML::Mark& mark, const std::string& what) {
    throw YAML::ParserException(mark, what + " is not accepted here");
  }
  [[noreturn]] static void RefuseAnchor(const YAML::Mark& mark) {
    Refuse(mark, "an anchor or alias");
  }

  static YamlNode MakeNode(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = LineOf(mark);
    return node;
  }

  // yaml-cpp gives "?" to plain scalars and collections, "!" to quoted scalars, "" to nothing.
  static void Check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) RefuseAnchor(mark);
    if (!tag.empty() && tag != "?" && tag != "!") Refuse(mark, "a tag");
  }

  bool WantsKey() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap &&
           !open_.back().has_key;
  }

  void AddKey(const YAML::Mark& mark, const std::string& key) {
    if (key == "<<") Refuse(mark, "a merge key");
    Frame& frame = open_.back();
    frame.has_key = true;
    frame.key = key;
    frame.key_line = LineOf(mark);
    frame.duplicate = !frame.keys.insert(key).second;
    if (frame.duplicate) {
      document_.problems.push_back({fmt::format("duplicate key '{}'", key),
                                    fmt::format("{}:{}", name_, LineOf(mark)), "each key once"});
    }
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    Check(mark, tag, anchor);
    if (WantsKey()) Refuse(mark, "a key that is not text");
    if (open_.size() >= kYamlDepthMax) {
      Refuse(mark, fmt::format("nesting deeper than {} levels", kYamlDepthMax));
    }
    open_.emplace_back();
    open_.back().node = MakeNode(kind, mark);
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    const bool is_null = node.kind == YamlNode::Kind::kNull;
    if (open_.empty()) {
      if (is_null) node.line = 1;
      document_.root = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    if (frame.node.kind == YamlNode::Kind::kList) {
      frame.node.items.push_back(std::move(node));
      return;
    }
    if (is_null) node.line = frame.key_line;  // not where it ends
    if (!frame.duplicate) {
      frame.node.entries.push_back({std::move(frame.key), frame.key_line, std::move(node)});
    }
    frame.has_key = false;
  }

  const std::string& name_;
  YamlDocument document_;
  std::vector<Frame> open_;
  int documents_ = 0;
};

// What yaml-cpp reads in ways of its own: byte 4 ends its stream, UTF-16 is converted.
Status CheckBytes(std::string_view text, const std::string& name) {
  if (text.size() > kYamlBytesMax) {
    return UsageError("file too large", name, fmt::format("at most {} bytes", kYamlBytesMax));
  }
  int line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F) {
      return UsageError(fmt::format("control character 0x{:02x}", byte),
                        fmt::format("{}:{}", name, line), "YAML text");
    }
  }
  if (!IsUtf8(text)) return UsageError("not UTF-8", name, "YAML text in UTF-8");
  return {};
}

}  // namespace

Result<YamlDocument> ParseYaml(std::string_view text, const std::string& name) {
  UNMASK_TRY(CheckBytes(text, name));
  // yaml-cpp takes the end of the text for the end of a quote, but not that of a document.
  std::istringstream stream{std::string(text) + "\n...\n"};
  TreeBuilder builder(name);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    const std::string where =
        error.mark.is_null() ? name : fmt::format("{}:{}", name, LineOf(error.mark));
    const bool open_quote = error.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
    return UsageError("cannot read YAML: " + (open_quote ? "a quote is not closed" : error.msg),
                      where, "plain YAML");
  }
  return builder.Take();
}

}  // namespace unmask

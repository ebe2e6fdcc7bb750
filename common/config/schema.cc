#include "common/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "common/base/check.h"
#include "common/base/files.h"
#include "common/base/text.h"
#include "common/config/names.h"

namespace unmask {
namespace {

using Parsed = std::variant<Value, ValueFault>;

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// Numbers of YAML 1.2's core schema may have a plus, which ParseInt and ParseReal do not take.
std::string_view WithoutPlus(std::string_view text) {
  return text.starts_with('+') && !text.starts_with("+-") ? text.substr(1) : text;
}

ValueType RealType(std::string expected, bool (*allowed)(double)) {
  return {std::move(expected), {}, false, [allowed](std::string_view text) -> Parsed {
            const auto value = ParseReal(WithoutPlus(text));
            if (!value) return ValueFault::kWrongType;
            if (!allowed(*value)) return ValueFault::kImpossible;
            return Value(*value == 0 ? 0.0 : *value);  // no negative zero
          }};
}

bool AtLeastZero(double value) { return value >= 0; }
bool Positive(double value) { return value > 0; }
bool BelowOne(double value) { return value >= 0 && value < 1; }
bool UpToOne(double value) { return value >= 0 && value <= 1; }

// `ref` gives the field's place in Settings; `T` is the type of both.
template <typename T, typename Ref>
Field MakeField(std::string key, Ref ref, ValueType type) {
  Field field;
  field.key = std::move(key);
  field.type = std::move(type);
  field.get = [ref](const Settings& settings) -> Value { return ref(settings); };
  field.set = [ref](Settings& settings, const Value& value) { ref(settings) = std::get<T>(value); };
  return field;
}

template <typename Ref>
Field Bool(std::string key, Ref ref) {
  return MakeField<bool>(std::move(key), ref, BoolType());
}

template <typename Ref>
Field Whole(std::string key, Ref ref, std::int64_t least, std::int64_t most = kNoLimit) {
  return MakeField<std::int64_t>(std::move(key), ref, WholeType(least, most));
}

template <typename Ref>
Field Real(std::string key, Ref ref, std::string expected, bool (*allowed)(double)) {
  return MakeField<double>(std::move(key), ref, RealType(std::move(expected), allowed));
}

// "./a//b" as "a/b", since a grid point is told by its text. ".." stays: what stands before it may
// be a link.
std::string PlainPath(const std::string& text) {
  fs::path plain;
  for (const fs::path& part : fs::path(text)) {
    if (part != ".") plain /= part;
  }
  return plain.empty() && !text.empty() ? "." : plain.string();
}

ValueType PathType() {
  ValueType type = TextType();
  type.parse = [as_text = type.parse](std::string_view text) -> Parsed {
    const Parsed parsed = as_text(text);
    const Value* value = std::get_if<Value>(&parsed);
    return value ? Value(PlainPath(std::get<std::string>(*value))) : parsed;
  };
  return type;
}

template <typename Ref>
Field Path(std::string key, Ref ref) {
  Field field = MakeField<std::string>(std::move(key), ref, PathType());
  field.path = true;
  return field;
}

template <NamedEnum E, typename Ref>
Field Choice(std::string key, Ref ref) {
  Field field;
  field.key = std::move(key);
  field.type = ChoiceType(kNames<E>);
  field.get = [ref](const Settings& settings) -> Value { return std::string(Name(ref(settings))); };
  field.set = [ref](Settings& settings, const Value& value) {
    ref(settings) = FromName<E>(std::get<std::string>(value)).value();
  };
  return field;
}

Field Young(Field field) {
  field.young = true;
  return field;
}

#define UNMASK_AT(member) [](auto& settings) -> auto& { return settings.member; }

std::vector<Field> MakeFields() {
  constexpr std::int64_t kWidest = 65536;
  const std::string zero_or_more = "a finite number of at least 0";
  const std::string positive = "a finite number above 0";
  std::vector<Field> fields{
      Path("dataset.manifest", UNMASK_AT(dataset.manifest)),
      Path("dataset.root", UNMASK_AT(dataset.root)),
      Whole("dataset.synth", UNMASK_AT(dataset.synth), 0, 10000),
      Choice<ClipSelection>("dataset.clips", UNMASK_AT(dataset.clips)),
      Choice<FrameChoice>("dataset.frame", UNMASK_AT(dataset.frame)),
      Choice<FeatureSource>("features.source", UNMASK_AT(features.source)),
      Path("features.table", UNMASK_AT(features.table)),
      Bool("features.finetune", UNMASK_AT(features.finetune)),
      Bool("features.bank", UNMASK_AT(features.bank)),
      Choice<Normalization>("features.normalize", UNMASK_AT(features.normalize)),
      Choice<ClipFeature>("features.clip", UNMASK_AT(features.clip)),
      Choice<Precision>("features.precision", UNMASK_AT(features.precision)),
      Choice<FaceDetector>("faces.detector", UNMASK_AT(faces.detector)),
      Path("faces.yunet", UNMASK_AT(faces.yunet)),
      Real("faces.margin", UNMASK_AT(faces.margin), zero_or_more, AtLeastZero),
      Whole("faces.size", UNMASK_AT(faces.size), 16, 4096),
      Path("weights.vit", UNMASK_AT(weights.vit)),
      Path("weights.clip", UNMASK_AT(weights.clip)),
      Path("weights.resnet18", UNMASK_AT(weights.resnet18)),
      Whole("weights.synth", UNMASK_AT(weights.synth), 0),
      Whole("augment.views", UNMASK_AT(augment.views), 1, 100000),
      Whole("augment.seed", UNMASK_AT(augment.seed), 0),
      Choice<ModelKind>("model.kind", UNMASK_AT(model.kind)),
      Choice<Task>("model.task", UNMASK_AT(model.task)),
      Whole("model.adapter", UNMASK_AT(model.adapter), 1, kWidest),
      Whole("model.stream", UNMASK_AT(model.stream), 1, kWidest),
      Real("loss.alpha", UNMASK_AT(loss.alpha), zero_or_more, AtLeastZero),
      Real("loss.beta", UNMASK_AT(loss.beta), zero_or_more, AtLeastZero),
      Choice<HsicKind>("loss.hsic", UNMASK_AT(loss.hsic)),
      Choice<KernelKind>("loss.kernel", UNMASK_AT(loss.kernel)),
      Real("loss.sigma", UNMASK_AT(loss.sigma), positive, Positive),
      Young(Choice<ClassWeights>("loss.class_weights", UNMASK_AT(loss.class_weights))),
      Whole("train.max_epochs", UNMASK_AT(train.max_epochs), 1, 1000000),
      Whole("train.batch", UNMASK_AT(train.batch), 2, 1000000),
      Real("train.lr", UNMASK_AT(train.lr), positive, Positive),
      Real("train.weight_decay", UNMASK_AT(train.weight_decay), zero_or_more, AtLeastZero),
      Real("train.dropout", UNMASK_AT(train.dropout), "a number from 0 to below 1", BelowOne),
      Whole("train.patience", UNMASK_AT(train.patience), 1, 1000000),
      Choice<Validation>("train.validation", UNMASK_AT(train.validation)),
      Choice<Monitor>("train.monitor", UNMASK_AT(train.monitor)),
      Choice<EngineKind>("train.engine", UNMASK_AT(train.engine)),
      Choice<DeviceKind>("train.device", UNMASK_AT(train.device)),
      Whole("train.devices", UNMASK_AT(train.devices), 1, 4096),
      Real("train.checkpoint_seconds", UNMASK_AT(train.checkpoint_seconds), zero_or_more,
           AtLeastZero),
      Choice<KeepPolicy>("store.keep", UNMASK_AT(store.keep)),
  };
  return fields;
}

#undef UNMASK_AT

std::string LastPart(std::string_view key) {
  return std::string(key.substr(key.find_last_of('.') + 1));
}

// "train." of "train.lr"; nothing of "name".
std::string_view SectionOf(std::string_view key) { return key.substr(0, key.rfind('.') + 1); }

using Keys = std::vector<std::string>;

// By the whole last part, "max_epochs", or a word of it, "epochs".
std::optional<std::string> NearestByLastPart(const std::string& last, const Keys& keys) {
  Keys names, keys_of_names;
  for (const std::string& key : keys) {
    std::vector<std::string> parts = Split(LastPart(key), '_');
    parts.push_back(LastPart(key));
    keys_of_names.insert(keys_of_names.end(), parts.size(), key);
    std::ranges::move(parts, std::back_inserter(names));
  }
  const auto nearest = NearestName(last, names);
  if (!nearest) return std::nullopt;
  return keys_of_names[static_cast<std::size_t>(std::ranges::find(names, *nearest) -
                                                names.begin())];
}

std::optional<std::string> NearestKey(std::string_view key, const Keys& keys) {
  const std::string last = LastPart(key);
  Keys own;  // of the key's section, which would make any short name behind it seem near
  std::ranges::copy_if(keys, std::back_inserter(own), [&](const std::string& other) {
    return SectionOf(other) == SectionOf(key);
  });
  auto nearest = own.empty() ? NearestName(key, keys) : NearestByLastPart(last, own);
  if (nearest) return nearest;
  const auto elsewhere = std::ranges::find(keys, last, LastPart);
  if (elsewhere != keys.end()) return *elsewhere;
  if (SectionOf(key).empty()) {
    Keys sections;
    for (const std::string& other : keys) sections.push_back(other.substr(0, other.find('.')));
    if (auto section = NearestName(key, sections)) return section;
  }
  return NearestByLastPart(last, keys);
}

const Field& FieldOf(std::string_view key) {
  const Field* field = FindField(key);
  UNMASK_CHECK(field != nullptr);
  return *field;
}

// The fields that are `wanted`.
nlohmann::json NestedJson(const Settings& settings, bool (*wanted)(const Field&, const Value&)) {
  nlohmann::json json = nlohmann::json::object();
  for (const Field& field : Fields()) {
    const Value value = field.get(settings);
    if (!wanted(field, value)) continue;
    const auto dot = field.key.find('.');
    json[field.key.substr(0, dot)][field.key.substr(dot + 1)] = ToJson(value);
  }
  return json;
}

}  // namespace

ValueType BoolType() {
  return {"true or false", {}, false, [](std::string_view text) -> Parsed {
            // YAML 1.2, core schema.
            if (text == "true" || text == "True" || text == "TRUE") return Value(true);
            if (text == "false" || text == "False" || text == "FALSE") return Value(false);
            return ValueFault::kWrongType;
          }};
}

ValueType WholeType(std::int64_t least, std::int64_t most) {
  std::string expected = most == kNoLimit
                             ? fmt::format("a whole number of at least {}", least)
                             : fmt::format("a whole number from {} to {}", least, most);
  return {std::move(expected), {}, false, [least, most](std::string_view text) -> Parsed {
            text = WithoutPlus(text);
            const auto value = ParseInt(text);
            if (!value) return ParseReal(text) ? ValueFault::kImpossible : ValueFault::kWrongType;
            if (*value < least || *value > most) return ValueFault::kImpossible;
            return Value(*value);
          }};
}

ValueType FractionType() { return RealType("a number from 0 to 1", UpToOne); }

ValueType TextType() {
  return {"text without control characters", {}, true, [](std::string_view text) -> Parsed {
            if (EscapeControl(text) != text) return ValueFault::kImpossible;
            return Value(std::string(text));
          }};
}

ValueType ChoiceType(std::span<const std::string_view> names) {
  ValueType type;
  type.choices.assign(names.begin(), names.end());
  type.expected = "one of " + Join(type.choices, ", ");
  type.text = true;
  type.parse = [names](std::string_view text) -> Parsed {
    if (std::find(names.begin(), names.end(), text) == names.end()) return ValueFault::kImpossible;
    return Value(std::string(text));
  };
  return type;
}

const std::vector<Field>& Fields() {
  static const std::vector<Field> fields = MakeFields();
  return fields;
}

const Field* FindField(std::string_view key) {
  for (const Field& field : Fields()) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

std::vector<std::string> FieldKeys() {
  std::vector<std::string> keys;
  keys.reserve(Fields().size());
  for (const Field& field : Fields()) keys.push_back(field.key);
  return keys;
}

std::string KeyHint(std::string_view key, const std::vector<std::string>& candidates) {
  const auto nearest = NearestKey(key, candidates);
  return nearest ? "did you mean '" + *nearest + "'?"
                 : "a key of the configuration (docs/formats.md)";
}

Value GetSetting(const Settings& settings, std::string_view key) {
  return FieldOf(key).get(settings);
}

void SetSetting(Settings& settings, std::string_view key, const Value& value) {
  FieldOf(key).set(settings, value);
}

nlohmann::json ToJson(const Value& value) {
  return std::visit([](const auto& held) { return nlohmann::json(held); }, value);
}

std::string ToText(const Value& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const double* real = std::get_if<double>(&value)) return ShortestReal(*real);
  return std::get<std::string>(value);
}

std::optional<Value> FromJson(const Field& field, const nlohmann::json& json) {
  const Value like = field.get(Settings{});
  std::string text;
  if (std::holds_alternative<bool>(like) && json.is_boolean()) {
    text = json.get<bool>() ? "true" : "false";
  } else if (std::holds_alternative<std::int64_t>(like) && json.is_number_integer()) {
    text = json.dump();
  } else if (std::holds_alternative<double>(like) && json.is_number()) {
    text = ShortestReal(json.get<double>());
  } else if (std::holds_alternative<std::string>(like) && json.is_string()) {
    text = json.get<std::string>();
  } else {
    return std::nullopt;
  }
  const Parsed parsed = field.type.parse(text);
  const Value* value = std::get_if<Value>(&parsed);
  return value ? std::optional<Value>(*value) : std::nullopt;
}

nlohmann::json SettingsJson(const Settings& settings) {
  return NestedJson(settings, [](const Field&, const Value&) { return true; });
}

nlohmann::json NamingSettingsJson(const Settings& settings) {
  return NestedJson(settings, [](const Field& field, const Value& value) {
    return !field.path && (!field.young || value != field.get(Settings{}));
  });
}

}  // namespace unmask

#include "common/jobs/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "common/base/sha256.h"
#include "common/base/text.h"
#include "common/config/schema.h"
#include "common/config/task_title.h"

namespace unmask {
namespace {

// What each field was when it first appeared; a field at this value is left out of keys. A default
// that changes later in settings.h is put back here, so that no old key changes its meaning.
const Settings& IntroductoryDefaults() {
  static const Settings defaults{};
  return defaults;
}

void DropLoss(Settings& settings, const Settings& defaults) {
  const bool streams = settings.model.kind == ModelKind::kDsid;
  const bool learns = settings.model.kind != ModelKind::kClipZeroShot;
  Settings::Loss& loss = settings.loss;
  const ClassWeights weights = loss.class_weights;
  if (!streams) loss = defaults.loss;
  if (learns) loss.class_weights = weights;  // whatever else it has of a loss, it has cross-entropy
  const bool independence = loss.alpha > 0 && streams;
  if (!independence) {
    loss.hsic = defaults.loss.hsic;
    loss.kernel = defaults.loss.kernel;
  }
  if (!independence || loss.kernel == KernelKind::kLinear) loss.sigma = defaults.loss.sigma;
}

void DropFeatures(Settings& settings, const Settings& defaults) {
  settings.weights = defaults.weights;
  settings.faces.yunet = defaults.faces.yunet;
  settings.features.bank = defaults.features.bank;
  settings.features.table = defaults.features.table;  // what is in it is in the data set
  if (settings.features.source != FeatureSource::kClip) {
    settings.features.clip = defaults.features.clip;
  }
  if (settings.faces.detector == FaceDetector::kNone) {
    settings.faces.margin = defaults.faces.margin;
  }
  if (!SeesPictures(settings)) {
    const FeatureSource source = settings.features.source;
    settings.features = defaults.features;
    settings.features.source = source;
    settings.faces = defaults.faces;
    settings.augment = defaults.augment;
    settings.dataset = defaults.dataset;
    return;
  }
  const FrameChoice frame = settings.dataset.frame;
  settings.dataset = defaults.dataset;
  settings.dataset.frame = frame;
}

void DropModel(Settings& settings, const Settings& defaults) {
  Settings::Model& model = settings.model;
  if (model.kind != ModelKind::kSingleTask) model.task = defaults.model.task;
  if (!ReadsText(settings)) return;
  model.adapter = defaults.model.adapter;
  model.stream = defaults.model.stream;
  // Texts are compared with nothing else.
  settings.features.clip = ClipFeature::kProjected;
}

void DropTraining(Settings& settings, const Settings& defaults) {
  Settings::Train& train = settings.train;
  if (train.validation == Validation::kNone) train.patience = defaults.train.patience;
  if (train.validation == Validation::kNone || settings.model.kind == ModelKind::kSingleTask) {
    train.monitor = defaults.train.monitor;
  }
  if (ReadsText(settings)) train.dropout = defaults.train.dropout;
  if (settings.model.kind == ModelKind::kClipZeroShot) {  // it learns nothing
    const Settings::Train given = train;
    train = defaults.train;
    train.validation = given.validation;
    train.engine = given.engine;
    train.max_epochs = 1;
  }
  if (train.engine == EngineKind::kAuto) {
    const bool cuda = train.device == DeviceKind::kCuda;
    train.engine = cuda ? EngineKind::kLanes : EngineKind::kCore;
    // Neither knows backbones.
    if (settings.features.finetune || ReadsText(settings)) train.engine = EngineKind::kReference;
  }
  train.device = defaults.train.device;
  if (!settings.features.finetune) train.devices = defaults.train.devices;
  train.checkpoint_seconds = defaults.train.checkpoint_seconds;
}

Error BadSpec(std::string what) {
  return DataError("bad job spec: " + std::move(what), "", "a job as docs/formats.md has it");
}

bool HasText(const nlohmann::json& json, const char* key) {
  return json.contains(key) && json[key].is_string();
}

template <typename Number>
bool HasWhole(const nlohmann::json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_number_integer()) return false;
  return json[key].is_number_unsigned() ? std::in_range<Number>(json[key].get<std::uint64_t>())
                                        : std::in_range<Number>(json[key].get<std::int64_t>());
}

Status ReadHash(const nlohmann::json& json, const char* key, std::string& hash) {
  if (!HasText(json, key) || !IsSha256Hex(json[key].get<std::string>())) {
    return BadSpec(fmt::format("{} is not a SHA-256", key));
  }
  hash = json[key];
  return {};
}

// What only jobs that see pictures have.
Status ReadPictures(const nlohmann::json& json, JobSpec& spec) {
  for (const auto& [key, field] :
       {std::pair("pictures", &JobSpec::pictures), std::pair("weights", &JobSpec::weights),
        std::pair("detector", &JobSpec::detector)}) {
    if (json.contains(key)) UNMASK_TRY(ReadHash(json, key, spec.*field));
  }
  if (spec.kind != JobKind::kFeatures) return {};
  if (!HasWhole<std::int64_t>(json, "view") || json["view"].get<std::int64_t>() < kCropsView) {
    return BadSpec("view is not a view's number");
  }
  spec.view = json["view"];
  return {};
}

Status ReadHead(const nlohmann::json& json, JobSpec& spec) {
  if (!HasText(json, "kind")) return BadSpec("kind is missing");
  const auto kind = FromName<JobKind>(json["kind"].get<std::string>());
  if (!kind) return BadSpec(fmt::format("unknown kind '{}'", json["kind"].get<std::string>()));
  UNMASK_TRY(ReadHash(json, "dataset", spec.dataset));
  if (!HasText(json, "held_out")) return BadSpec("held_out is missing");
  if (!HasWhole<std::int64_t>(json, "seed")) return BadSpec("seed is not a whole number");
  if (!HasWhole<int>(json, "numerics")) return BadSpec("numerics is not a whole number");
  spec.kind = *kind;
  spec.held_out = json["held_out"];
  spec.seed = json["seed"];
  spec.numerics_version = json["numerics"];
  return ReadPictures(json, spec);
}

Status ReadSettings(const nlohmann::json& json, Settings& settings) {
  for (const auto& [key, value] : json.items()) {
    const Field* field = FindField(key);
    if (field == nullptr) return BadSpec(fmt::format("unknown setting '{}'", key));
    const auto read = FromJson(*field, value);
    if (!read) return BadSpec(fmt::format("setting '{}' is not {}", key, field->type.expected));
    field->set(settings, *read);
  }
  return {};
}

// Fields at their introductory default are left out.
nlohmann::json KeyedJson(const Settings& settings) {
  nlohmann::json json = nlohmann::json::object();
  for (const Field& field : Fields()) {
    const Value value = field.get(settings);
    if (value != field.get(IntroductoryDefaults())) json[field.key] = ToJson(value);
  }
  return json;
}

void WriteCanonical(const nlohmann::json& value, std::string& out) {
  if (value.is_object()) {
    out += '{';
    for (auto it = value.begin(); it != value.end(); ++it) {  // nlohmann::json sorts by bytes
      if (it != value.begin()) out += ',';
      out += nlohmann::json(it.key()).dump() + ':';
      WriteCanonical(it.value(), out);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ',';
      WriteCanonical(value[i], out);
    }
    out += ']';
  } else if (value.is_number_float()) {
    UNMASK_CHECK(std::isfinite(value.get<double>()));
    out += ShortestReal(value.get<double>());
  } else {
    out += value.dump();
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (!std::ranges::all_of(text, plain)) {
    out += nlohmann::json(text).dump();
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void AppendNumber(std::string& out, std::int64_t value) {
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), value).ptr);
}

}  // namespace

bool ReadsText(const Settings& settings) {
  return settings.model.kind == ModelKind::kClipZeroShot ||
         settings.model.kind == ModelKind::kClipPrompt;
}

Settings Reduce(const Settings& settings) {
  Settings reduced = settings;
  const Settings& defaults = IntroductoryDefaults();
  DropFeatures(reduced, defaults);
  DropModel(reduced, defaults);
  DropLoss(reduced, defaults);
  DropTraining(reduced, defaults);
  reduced.store = defaults.store;
  return reduced;
}

std::string CanonicalJson(const nlohmann::json& value) {
  std::string out;
  WriteCanonical(value, out);
  return out;
}

nlohmann::json ToJson(const JobSpec& spec) {
  nlohmann::json json{{"dataset", spec.dataset}, {"held_out", spec.held_out},
                      {"kind", Name(spec.kind)}, {"numerics", spec.numerics_version},
                      {"seed", spec.seed},       {"settings", KeyedJson(spec.settings)}};
  if (!spec.pictures.empty()) json["pictures"] = spec.pictures;
  if (!spec.weights.empty()) json["weights"] = spec.weights;
  if (!spec.detector.empty()) json["detector"] = spec.detector;
  if (spec.kind == JobKind::kFeatures) json["view"] = spec.view;
  return json;
}

Result<JobSpec> JobSpecFromJson(const nlohmann::json& json) {
  constexpr std::array<std::string_view, 10> kFields{"dataset",  "detector", "held_out", "kind",
                                                     "numerics", "pictures", "seed",     "settings",
                                                     "view",     "weights"};
  if (!json.is_object()) return BadSpec("not an object");
  for (const auto& [key, value] : json.items()) {
    if (std::find(kFields.begin(), kFields.end(), key) == kFields.end()) {
      return BadSpec(fmt::format("unknown field '{}'", key));
    }
  }
  JobSpec spec;
  UNMASK_TRY(ReadHead(json, spec));
  if (!json.contains("settings") || !json["settings"].is_object()) {
    return BadSpec("settings is not an object");
  }
  spec.settings = IntroductoryDefaults();
  UNMASK_TRY(ReadSettings(json["settings"], spec.settings));
  return spec;
}

// CanonicalJson(ToJson(spec)), put together from texts: sweeps have jobs by the hundred thousand,
// in rows that differ in subject and seed alone.
std::string CanonicalText(const JobSpec& spec) {
  constexpr std::size_t kOtherFields = 224;  // as long as they are, without pictures
  thread_local std::optional<std::pair<Settings, std::string>> last;
  if (!last || last->first != spec.settings) {
    last.emplace(spec.settings, CanonicalJson(KeyedJson(spec.settings)));
  }
  std::string out;
  out.reserve(last->second.size() + kOtherFields);
  const auto add_text = [&](std::string_view field, std::string_view text) {
    out += field;
    AppendQuoted(out, text);
  };
  const auto add_number = [&](std::string_view field, std::int64_t number) {
    out += field;
    AppendNumber(out, number);
  };
  add_text("{\"dataset\":", spec.dataset);
  if (!spec.detector.empty()) add_text(",\"detector\":", spec.detector);
  add_text(",\"held_out\":", spec.held_out);
  add_text(",\"kind\":", Name(spec.kind));
  add_number(",\"numerics\":", spec.numerics_version);
  if (!spec.pictures.empty()) add_text(",\"pictures\":", spec.pictures);
  add_number(",\"seed\":", spec.seed);
  out.append(",\"settings\":").append(last->second);
  if (spec.kind == JobKind::kFeatures) add_number(",\"view\":", spec.view);
  if (!spec.weights.empty()) add_text(",\"weights\":", spec.weights);
  out += '}';
  return out;
}

std::string JobKey(const JobSpec& spec) { return Sha256Hex(CanonicalText(spec)); }

std::vector<Task> TasksOf(const Settings& settings) {
  if (settings.model.kind == ModelKind::kSingleTask) return {settings.model.task};
  return {kTasks.begin(), kTasks.end()};
}

}  // namespace unmask

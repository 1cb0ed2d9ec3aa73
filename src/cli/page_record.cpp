#include "cli/page_record.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/integrity.h"
#include "cli/browser_url.h"
#include "cli/html_elements.h"

namespace obolus::cli {
namespace {

// Headers by which a page limits itself, or by which a browser is told to load or run something.
constexpr std::array<std::string_view, 25> kHeaders = {"access-control-allow-origin",
                                                       "access-control-allow-credentials",
                                                       "cache-control",
                                                       "content-encoding",
                                                       "content-security-policy",
                                                       "content-security-policy-report-only",
                                                       "content-type",
                                                       "cross-origin-embedder-policy",
                                                       "cross-origin-opener-policy",
                                                       "cross-origin-resource-policy",
                                                       "document-policy",
                                                       "integrity-policy",
                                                       "link",
                                                       "origin-agent-cluster",
                                                       "permissions-policy",
                                                       "referrer-policy",
                                                       "refresh",
                                                       "report-to",
                                                       "reporting-endpoints",
                                                       "speculation-rules",
                                                       "strict-transport-security",
                                                       "x-content-type-options",
                                                       "x-frame-options",
                                                       "x-permitted-cross-domain-policies",
                                                       "x-xss-protection"};

// Elements of which every attribute counts.
constexpr std::array<std::string_view, 16> kActive = {
    "script", "iframe", "frame", "fencedframe", "portal",  "object", "embed",   "applet",
    "base",   "form",   "set",   "animate",     "bgsound", "param",  "webview", "noembed"};
constexpr std::array<std::string_view, 13> kLoadingLinks = {
    "stylesheet", "preload",    "modulepreload",          "prefetch",
    "prerender",  "preconnect", "dns-prefetch",           "import",
    "manifest",   "expect",     "compression-dictionary", "serviceworker",
    "pingback"};
// Attributes that load or send something wherever they stand; of these the origin counts.
constexpr std::array<std::string_view, 12> kLoads = {
    "src",  "srcset",     "imagesrcset", "poster",   "background", "data",
    "ping", "xlink:href", "formaction",  "manifest", "lowsrc",     "dynsrc"};

template <class Range, class T>
bool Has(const Range& range, const T& wanted) {
  return std::ranges::find(range, wanted) != std::ranges::end(range);
}

std::vector<std::string_view> Split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

class Recorder {
 public:
  explicit Recorder(std::string_view url) : base_(url) {}

  void Headers(const net::HttpResponse& response) {
    Add("status", std::to_string(response.status));
    for (const net::Header& header : response.headers) {
      const std::string name = LowerCase(header.name);
      if (name.starts_with("content-security-policy")) {
        Policy(name, header.value);
      } else if (name == "set-cookie") {
        Cookie(header.value);
      } else if (Has(kHeaders, name)) {
        Add("header", name + ": " + header.value);
      }
    }
  }

  // Bytes that a browser may read as other characters than we do.
  void Encoding(std::string_view body) {
    for (const std::string_view mark : {"\xff\xfe", "\xfe\xff", "\xef\xbb\xbf", "\x2b\x2f\x76"}) {
      if (body.starts_with(mark)) Add("encoding", "begins with the mark " + Hex(mark));
    }
    if (body.contains('\0')) Add("encoding", "has zero bytes");
    if (body.contains('\x1b')) Add("encoding", "has escape bytes, as ISO-2022 has");
    if (std::ranges::any_of(body, [](char c) { return c == '\x0e' || c == '\x0f'; })) {
      Add("encoding", "has shift bytes, as ISO-2022 and HZ have");
    }
  }

  void Elements(std::string_view body) {
    const auto elements = ReadHtml(body);
    const auto base = std::ranges::find_if(elements, [](const HtmlElement& element) {
      return element.name == "base" && element.Find("href") != nullptr;
    });
    if (base != elements.end()) base_ = ResolveReference(base_, *base->Find("href"));
    for (const HtmlElement& element : elements) Element(element);
  }

  PageRecord Take() {
    std::ranges::sort(record_.items);
    return std::move(record_);
  }

 private:
  void Add(std::string kind, std::string_view text) {
    record_.items.push_back({std::move(kind), MaskKeys(text)});
  }

  // Once, however often the page has it.
  void AddOnce(const std::string& kind, std::string_view text) {
    const PageItem item{kind, MaskKeys(text)};
    if (!Has(record_.items, item)) record_.items.push_back(item);
  }

  static std::string Hex(std::string_view bytes) { return base::EncodeHex(base::AsBytes(bytes)); }

  // One line a directive, so that what was weakened can be read. A second directive of a name
  // counts for nothing in a browser, but the first does, so their order stays.
  void Policy(const std::string& name, std::string_view value) {
    int policy = 0;
    for (const std::string_view text : Split(value, ",")) {
      std::string where = name;
      if (++policy > 1 || policies_ > 0) where += " (another)";
      std::set<std::string> seen;
      for (const std::string_view directive : Split(text, ";")) {
        const auto words = Split(directive, " \t\n\f\r");
        if (words.empty()) continue;
        const std::string key = LowerCase(words.front());
        std::string line = where + ": " + key;
        for (std::size_t i = 1; i < words.size(); ++i) line += " " + Source(words[i]);
        if (!seen.insert(key).second) line += " (repeated, without effect)";
        Add("header", line);
      }
    }
    ++policies_;
  }

  std::string Source(std::string_view word) {
    const std::string lower = LowerCase(word);
    if (!lower.starts_with("'nonce-")) return std::string(word);
    record_.nonces.insert(std::string(word.substr(7, word.size() - 8)));
    return "'nonce-…'";
  }

  void Cookie(std::string_view value) {
    const std::size_t end = std::min(value.find(';'), value.size());
    const std::string_view name = value.substr(0, std::min(value.find('='), end));
    Add("cookie", std::string(name) + LowerCase(value.substr(end)));
  }

  void Element(const HtmlElement& element) {
    if (element.name == "script") {
      Script(element);
    } else if (element.name == "style") {
      Add("inline style", Described(element) + " " + Fingerprint(element.text));
    } else if (element.name == "link") {
      Link(element);
    } else if (element.name == "meta") {
      Meta(element);
    } else if (Has(kActive, element.name)) {
      Add(element.name == "iframe" ? "frame" : element.name, Described(element));
    }
    for (const auto& [name, value] : element.attributes) Attribute(element, name, value);
  }

  void Script(const HtmlElement& element) {
    const std::string* source = element.Find("src");
    if (source == nullptr) source = element.Find("href");  // in SVG
    if (source == nullptr) source = element.Find("xlink:href");
    if (source != nullptr) {
      Add("script", Described(element));
      File(element, *source, true);
    } else if (IsData(element)) {
      Add("data", Described(element));
    } else {
      Add("inline script", Described(element) + " " + Fingerprint(element.text));
    }
  }

  // A block that no browser runs (HTML §4.12.1, "data block"); its content is text of the page.
  static bool IsData(const HtmlElement& element) {
    const std::string* type = element.Find("type");
    if (type == nullptr) return false;
    const std::string lower = LowerCase(*type);
    return lower == "application/json" || lower == "application/ld+json" || lower == "text/plain" ||
           lower == "text/template";
  }

  void Link(const HtmlElement& element) {
    const std::string* rel = element.Find("rel");
    const std::string* target = element.Find("href");
    if (rel == nullptr) return;
    const std::string words = LowerCase(*rel);
    std::set<std::string_view> loading;
    for (const std::string_view word : Split(words, " \t\n\f\r")) {
      if (Has(kLoadingLinks, word)) loading.insert(word);
    }
    if (loading.empty()) return;
    const std::string* as = element.Find("as");
    const bool sheet = loading.erase("stylesheet") > 0;
    const bool module = loading.erase("modulepreload") > 0;
    const bool preload = loading.erase("preload") > 0;
    Add(!loading.empty() ? "link" : sheet ? "style sheet" : "preload", Described(element));
    const bool script = module || (preload && as != nullptr && LowerCase(*as) == "script");
    if (target != nullptr) File(element, *target, script);
  }

  void Meta(const HtmlElement& element) {
    const std::string* name = element.Find("name");
    const std::string lower = name == nullptr ? "" : LowerCase(*name);
    if (element.Find("http-equiv") != nullptr || element.Find("charset") != nullptr ||
        lower == "referrer" || lower == "color-scheme" || lower == "monetization") {
      Add("meta", Described(element));
    }
  }

  void Attribute(const HtmlElement& element, const std::string& name, const std::string& value) {
    const std::string where = element.name + "[" + name + "]";
    if (name.starts_with("on")) Add("handler", where + " " + Fingerprint(value));
    const std::string target = ResolveReference(base_, value);
    const std::string scheme = SchemeOf(target);
    if (scheme == "javascript" || scheme == "vbscript" ||
        LowerCase(target).starts_with("data:text/html")) {
      Add("script URL", where + " " + Fingerprint(target));
    }
    NamedScript(element, name, target);
    if (name == "style" && (value.contains('(') || value.contains('\\') || value.contains('@'))) {
      Add("inline style", where + " " + Fingerprint(value));
    }
    if (name == "formaction" || name == "srcdoc" || name == "is" || name == "shadowrootmode") {
      Add("attribute", where + " " + (name == "srcdoc" ? Fingerprint(value) : target));
    }
    const bool svg_load = name == "href" && (element.name == "image" || element.name == "use" ||
                                             element.name == "feimage");
    if (svg_load || name == "action" || Has(kLoads, name)) Loads(name, value, element.name);
  }

  // An address that a script finds in the page and loads later, as our card frame does.
  void NamedScript(const HtmlElement& element, const std::string& name, const std::string& target) {
    const std::string_view path = std::string_view(target).substr(0, target.find('?'));
    const bool loads = element.name == "script" || element.name == "link";
    if (loads || !(path.ends_with(".js") || path.ends_with(".mjs"))) return;
    Add("named script", element.name + "[" + name + "] " + target);
    if (target.starts_with("http")) record_.files.push_back({target, "", true});
  }

  // srcset holds several addresses: those that leave the origin begin a word.
  void Loads(const std::string& name, const std::string& value, const std::string& element) {
    for (const std::string_view word : name.ends_with("srcset")
                                           ? Split(value, " ,\t\n\f\r")
                                           : std::vector<std::string_view>{value}) {
      AddOnce("loads from", element + " " + OriginOf(ResolveReference(base_, word)));
    }
  }

  void File(const HtmlElement& element, std::string_view reference, bool script) {
    const std::string url = ResolveReference(base_, reference);
    if (!url.starts_with("http:") && !url.starts_with("https:")) return;
    const std::string* integrity = element.Find("integrity");
    record_.files.push_back({url, integrity == nullptr ? "" : *integrity, script});
  }

  // The element with its attributes in order of their names; addresses are resolved, so that a
  // <base> changes them.
  std::string Described(const HtmlElement& element) {
    std::string text = "<" + element.name;
    for (const auto& [name, value] : element.attributes) {
      if (name == "nonce") {
        text += record_.nonces.contains(value) ? " nonce" : " nonce=(not of the policy)";
        continue;
      }
      const bool address = name == "src" || name == "href" || name == "action" || name == "data" ||
                           name == "xlink:href" || name == "formaction" || name == "codebase";
      text += " " + name + "=\"" + (address ? ResolveReference(base_, value) : value) + "\"";
    }
    return text + ">";
  }

  std::string base_;
  PageRecord record_;
  int policies_ = 0;
};

}  // namespace

std::string MaskKeys(std::string_view text) {
  constexpr std::size_t kPrefixLength = 4;
  constexpr std::size_t kSecretLength = 50;
  const auto is_key = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  std::string masked;
  while (!text.empty()) {
    const bool begins =
        text.starts_with("pay_") || text.starts_with("tds_") || text.starts_with("ret_");
    const std::string_view secret =
        begins ? text.substr(kPrefixLength, kSecretLength) : std::string_view();
    if (secret.size() == kSecretLength && std::ranges::all_of(secret, is_key)) {
      masked.append(text.substr(0, kPrefixLength)).append("…");
      text.remove_prefix(kPrefixLength + kSecretLength);
    } else {
      masked += text.front();
      text.remove_prefix(1);
    }
  }
  return masked;
}

std::string Fingerprint(std::string_view content) {
  return base::IntegrityOf(content);
}

PageRecord RecordPage(std::string_view url, const net::HttpResponse& response) {
  Recorder recorder(url);
  recorder.Headers(response);
  recorder.Encoding(response.body);
  recorder.Elements(response.body);
  return recorder.Take();
}

}  // namespace obolus::cli

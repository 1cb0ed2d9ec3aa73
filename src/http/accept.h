// What a browser would rather have: a language, an encoding (RFC 9110 §12.5.3, §12.5.4; RFC 4647).
// Bad elements of a header are skipped, as if the browser had not sent them. Pure; called by the
// pages.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace obolus::http {

// The one of `languages` that a reader is served best by: RFC 4647 §3.4 lookup of the `wishes`,
// each one language tag or ""; then of `accept_language`, by its weights; else "en", which is one
// of `languages`. A tag that lookup would miss stands for its language: no and nn for nb, iw for
// he.
std::string_view ChooseLanguage(std::span<const std::string> languages,
                                std::span<const std::string> wishes,
                                std::string_view accept_language);

// True when gzip may be sent, and is wanted no less than the plain form.
bool AcceptsGzip(std::string_view accept_encoding);

// The value of the query's first `name`, percent-decoded; "" when it has none, or a bad one.
std::string QueryValue(std::string_view query, std::string_view name);

}  // namespace obolus::http

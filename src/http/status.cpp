// SPDX-License-Identifier: Apache-2.0
#include "http/status.hpp"

#include "http/step.hpp"

#include <utility>

namespace gatehouse::http {

std::string_view reason_of(int status)
{
    switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 511: return "Network Authentication Required";
    default: return {};
    }
}

int status_of(ErrorCode code)
{
    switch (code) {
        using enum ErrorCode;
    case bad_request: return 400;
    case unauthenticated: return 401;
    case token_expired: return 401;
    case forbidden: return 403;
    case not_found: return 404;
    case room_full: return 409;
    case room_closed: return 410;
    case wrong_phase: return 409;
    case not_your_turn: return 409;
    case rejected: return 422;
    case stale_base: return 409;
    case out_of_order: return 409;
    case too_large: return 413;
    case rate_limited: return 429;
    case busy: return 503;
    case unavailable: return 503;
    case internal: return 500;
    case unsupported: return 415;
    }
    std::unreachable();
}

ErrorCode code_of(int status)
{
    using enum ErrorCode;
    switch (status) {
    case 401: return unauthenticated;
    case 403: return forbidden;
    case 404: return not_found;
    case 409: return wrong_phase;
    case 410: return room_closed;
    case 413:
    case 414:
    case 431: return too_large;
    case 405:
    case 415:
    case 501:
    case 505: return unsupported;
    case 422: return rejected;
    case 429: return rate_limited;
    case 502:
    case 503:
    case 504: return unavailable;
    default: return status < 500 ? bad_request : internal;
    }
}

std::string_view error_code_of(int status)
{
    switch (status) {
    case 401: return "AUTH_001";
    case 403: return "AUTH_002";
    case 404: return "REQ_001";
    case 405: return "REQ_002";
    case 413: return "REQ_003";
    case 415: return "REQ_004";
    case 414:
    case 431: return "REQ_005";
    case 429: return "RATE_001";
    case 502: return "SVC_002";
    case 503: return "SVC_001";
    case 504: return "SVC_003";
    default: return status < 500 ? "VAL_001" : "INT_001";
    }
}

std::unexpected<ParseError> refused(int status, std::string_view why)
{
    return std::unexpected(ParseError{.status = status, .code = code_of(status), .why = why});
}

}  // namespace gatehouse::http

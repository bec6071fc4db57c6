// MAILSLOG_EXPORT marks what the shared library shows to its users; everything else stays hidden.
#pragma once

#if defined(MAILSLOG_SHARED) && defined(_WIN32)
#ifdef MAILSLOG_BUILDING
#define MAILSLOG_EXPORT __declspec(dllexport)
#else
#define MAILSLOG_EXPORT __declspec(dllimport)
#endif
#elif defined(MAILSLOG_SHARED) && (defined(__GNUC__) || defined(__clang__))
#define MAILSLOG_EXPORT __attribute__((visibility("default")))
#else
#define MAILSLOG_EXPORT
#endif

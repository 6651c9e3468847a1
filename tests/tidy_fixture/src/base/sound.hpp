// SPDX-License-Identifier: Apache-2.0
#pragma once

// 卒馬炮車象士將卒馬炮車象士將卒馬炮車象士將卒馬炮車象士將卒馬炮車象士將卒馬炮車象士將卒馬炮車象士將: many bytes, few columns.

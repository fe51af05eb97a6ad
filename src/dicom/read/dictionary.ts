/**
 * Tag → Value Representation, from the data dictionary (PS3.6). Needed for Implicit VR data sets and for attributes
 * that came as UN. Packed: for each VR the tags in ascending order, as base-36 differences. `xs` is US or SS (decided by
 * Pixel Representation), `ox` is OB or OW, `lt` is a lookup table's US or OW.
 */
const PACKED: Readonly<Record<string, string>> = {
  AE: 'e8 74 74 e8 20g 2pye 1 1 8fgc 1 33f 1mzvl jkrk g0 1y80t 2wnq 2 913k8q 5s',
  AS: 'mk9c 3tkjz',
  AT: '1s1 1dw s0l9 ha7y cx1 2 aftu 1 2k pq la v 2vwn9 18 e 2waa zfcge 8bntgu 3w5jyr 1 3',
  CS:
    'g1c g g g w g g 59jk h 1 ku 5s 5i4l 3 k 12 g 1 3 a 1 3 4 4d 5 1 4 7m 6a 4 3 6x 2 5 5 6 2 f 5pm 6o 4 4 lq7 e6 1 1 1 1 gn af9e j b cg 68w 2r d 3s 2md7 f'
    + ' y 1 2t3f 2 4v 6 1 71 5xx 2 do 4 2 q 5wc 6 9 j c 4 23 39g 4 l 2d6r g 2 6 1 2 2 2 3 2 2 2 320 2 1 2pzl b 1 1 1 2 i 1 1 9 1b 2 34l y m 50 6 6 7 e 1 4 c r'
    + ' g x 1 1 2 8 2 8x h 3 6l 1 3x 1 33 8 6w 1c 5s 74 2 1lq 3c0 6bk 1 300 34f 4 1 v g s g 4 68w 4 1 7 1 1 2 1 1 1 1 8 1 1 2 1 1 1 1 1 9 1 1 2 1 c 1 4 9 3 5'
    + ' 7 2 2 1 2 e 2 1 9 4 f 30 1 1y v 3 7 1 1 1 1 3 1 1 7 3 l 1 2v k y q 7 2 3 1n 2z j 1 d g 1 e 1 1 t 7 a c 42 g 5 2 e y t 4z 1e 5l 2 75 j t 1 2 1 7 1 1 1'
    + ' 1 1 1 1 1 1 7 48 3 1 s 1 64 j o k 3 aeah 1s 2 u a69 1 i9c d1 2 7 53 4 1 5 2038 8 r h 34g 7 15 d 3 6a l k5 29 4v 7h 2os0 11 2 7 5 c 1 1 2 2 2 8 1 1 f 2'
    + ' 2 2 8 6 d 2 31 4 d 4 9 4 es 5ln0 1o h f 5 17 hc 1 1 1 se ld 18e m 16 g hc 28 a 4o 3 8 1 1 1 2cy 7i 4 cgf 66 2yt d 1 5 8 4 1 3 2 6ag 79 8d en 2 e w 5f'
    + ' d87n 2 37t 2pwz 4 5m9o 2t4s e9 1t 58 k 1 b 8eta j 2 f1 f 53 c15 1 1 3 q w 1 d6q 5qc 9 1c g 7 15 4 4h b 1v 1 w 70 ab 3y 2 1 2 a2 1 2 agt b 105 4e02'
    + ' 2t68 4 2 2i 2 1 40 64 1t 6 2sp4 1 1 76 1 do b7yb j 3 2t4c w b 8 1 2t4v cp la 1 267 1 1 2 2 6y 2 7y dc 1 jk00 7 8 3 5m9i 4 1 2 3cib e5 2ch 1 270f 6 6 2'
    + ' 8feb 1 1 1 d 3 e 1 t 1r 3k 88 q 1 1 4 1 7 4 3 t 4 1 9 i 36 6 6x 2rh 2 2 2 3 2 6t e7 1 74 73 75 79 6y 79 1 1 b 2nsj u g 6 m i bq 70 c 2 4 6k 2 2 1a 5o'
    + ' g 6 a 6a 2 70 2 2 2 a 2 2 2 1 1 2uw8 y 3 d 2 2 cq 1u 2 2 ck 2p6o 18 2 gurt 7 16 4 2 4x0bc tyrd1 6z dx gw 4b 7rolk0 g g y 1 2 2 2 1 mh1i g g 2 2 c w 12'
    + ' 1 1 1 2f g 1c mgv4 w g 28 2 18y4e g 2 e 2 e 34 mgww 6v7y8 g mh28 g mh2o 8qn75 2 3 1 1 1 1 5 h 3vx4h6 2 1h g 50 c 4 k 1 4 1 2swi 1 2 1 5 a 1s e 2t3l 3'
    + ' c 2q e i 2t00 m 2 3b 37 6i 10 c 2spm 2 8 1 b 1h 1i 5 2 1 w 5 c 2 1 7 5 r a 2 1 e f 7 2 2 3 s 4 6 4 1u g e 6 22 2 i l 9 1e 10 a 26 1 13 1 n o g 8 1v 2'
    + ' 3y f v 1 5b 1 71 b 1 2 q 1 1 l 1 d 7 9 v 3a 5 1 1 1 b f f 30 2ruc h 3 3 2swp 2t4w c 2 c 15 1 1 1 7 a a 5 b 2 e d 4fi9nz 7l 2 b84v 1 35y 1 9 2 1 b 1 3'
    + ' 3 1 9 8 1 8 2 2 2 e 3 e 6 1 2 c 5j5eh6',
  DA:
    'b8k2 e 1 1 1 1 1 b8jv 6n4 2mk6 1 2t8b 2zi 6dy 35s 2 2 4 5cpg dq 4 1 ikn awon ozzj 2 34c g 1c g 8c7e 2 4 g b8ia 2 g0 c 5v8 pb3 6l h 35 1ujg0 2t3z'
    + ' 916gv3 462c3s 2t5o 1c 2 7g 4 6i 2som fa 5lug 2t6w 1 4fi9pv 8 a',
  DS:
    'bf3k b568 2 1 1 c 5j40 2 2 w 2 6ok 2 2qt 1 i 2 2 21 1 1 2 333 1 1 1 1 1 1 1 1 1 5 2 4 9 3 4 2 2 m 5 1 1 1 8 2 w 1 3 1 2 1 1 1 4 a 1 2 38i 1 1 1 3 1 2'
    + ' 2 1 1 4 1 1 1 1 1 1 1 1 1 1 1 2 2d42 1 2 1 4 4 3 h 1 1 1 1 1 3 7 1 1 1 1 1 1 2 c a 10 2 2 5 2 2 2 3 2 2 2 320 3 2q03 a 1 t g 1 h e 1 1 1 1 3 1 8 3 1 1'
    + ' 33g 3 2 1 2 7 g 3 2 1 1 1 1 8 3 1 1 1 3t g 1 3 c 1 f 1 4 1 1 1 9 1 1 1 1 1 e a 4 2 v 1 c g 2 1 2 9n k 2 2 6x 1 1 1p g g g 40 1 f 1 f 1 24y 1 1 b w 3bl'
    + ' 1 64w g 2 2 1 1 1 7 g cw 2 2r2 35t h 2 2 4 6 2 4 2 8 2 g 2 4 4 6 2 h 3cb 1 3kr 1 1 6 1 e 1 134 aecs 2 3 2 p 5c 301 2pzh 4bm 8b28 1 1 36m 1 1 1 3b3 mxa'
    + ' ogsa dy 2 1 1 1 3 8 1 1 1 6m 2 2 f 8fao 36 1 b 2 2 t0 g g ofs 5yu cy acjc f 1 1 b8ch 2 2 1 5m9n 1 2m b1 35s 3 d 6o w 1 1 1 1 138bh 2t0x 2w7m 1g 2 qw 1'
    + ' 4 1 8rqg6m mgfu 4end25 1 2 1 1 g 2 2 2 a 2 e 2t3a 4 2 4 1a 2 g 6 o 2 2 2t2w o 1 b 2s i 2t00 s 1 3 1 3 1 7 2 4 a 10 2 2 54 2 6 2 2sws 2 7 1 1 2 1 1 1 2'
    + ' 1 1 1 n 2 4 2 2 3 1 1 1b 2 2 b 3 e 2 g 6 4 o 2 2 4 4 4 3 1 1 1 6 4 a 2 4 6 2 6 1 7 2 2 2 2 1 3 1 1 2 2 2 4 t 1 1 1 1 2v m 2 2 1u 2 8 2 4 2 1 11 q 2 5'
    + ' 1 2 g 2 6 a 6 2 2 4 k 2 e a 2 2 c 90 s fy 1 1 2ruu 1 4fz7n0 9',
  DT:
    'b8k5 l 64 1 l9 i 9 jn88 m 2wa3 1 ax 1 oz5 65 ew 1 bw 1 7g 66 77 7p 1d5 1awb6 8rg1 3 8 1 1r 1 1 ixq 2 1 27 4e q bf0 1 zh 4e0w 7 5 6s 1 1f3mp 22 di8q 2h'
    + ' 5jhdp tyrj9 v1 c7qj7v 1 5nns 4 7 v 2rwn 4fz7cu 1 5 m',
  FD:
    '2t6g 8isr 34h dv6m 8iud 2 4 50 qo 1 1 1 1 1 elu 2 2 2 6 2 u 9fp n 5 t 1 e 2 6 7 3 6 9 5 2 7 1 5 2 30 1 1 27 j p 1 2 h 1 3l 1 8 1g 1 1 4 1n 1 31 2 1 1'
    + ' 2 7 1 2 4 1 1 9 2 3 1 8 2 3 g 1j cn 1 1 1 1 1 1 7 1 1 1 1 3 1 4q 1 1 1 1 1 7i 1 1 1 1 7 1 1 1 1 2 1 62 4 t 1 1 2 5 2 1 1 1 3 1 7i 1 2 1 b6z1 72 1 2 1'
    + ' 1 1 4q 1 6 1 1 3 203m 8fmc 2 3d8 1 d0 yej0 1 1 g 1 30c 7jkf 4 c 2 2 2 q 2 1 1 h 1 1 3x 2 e 1 y f 1 2t3k b8cc 2 7 1 2t45 1 1 3 1 1 8 2 1 k b 1 pa6s'
    + ' 65r1 25 2c 1 21 5c g 1c g w g w 34 1c w w w w g 28z4 8fts 63 7 35d 2 1 e5 2 2 1 9 1 6p 1 1 1 1 6z 1 1 1 1 l9 2 1 7i 2nvk 44 fc de 2 2scs 1 2yt 1 1 2 1'
    + ' 1 1 ln 2 5ija g 1c g b8f8 1 d6jj0h 1 8 u 7 8fao 2t5t 11k 5 1 b 6 1 1 1 1 4 2 6 8 1 3 2 1 2 4 1 1 7 1 1 i 3 4 1 b 1 e 7n 2ruu 1 2 5m3w 1 z g f 1 1 1 3'
    + ' 1 4ftl95',
  FL:
    'c1uh b8ig afaa 3rh 2lf 1 2 cno 6 34m 2 u 2 6wp 1 1 4v 1 1 y 2 1 7 n 2 9 f 2 1 1 1 1 1 1 7 1 2 45 1 7 1 3 1 b7sv 1 6k 4 1 2 208v 1 1 1 1 1 2 2 1 1 1 1'
    + ' a i 2 3 1 1 1 9 7 1 c 1 1 342 q 4 s 1 5 5k 1 e 1 10 ln 3 4 1 4v g 1 1 6z 2 t 1 1 1 3 7 2oqo 1 7 8 5 3 u e i 2 8 1 2 2 2 2 8 6 1 8 1 1 2 2 2 2w 3 1 1 2'
    + ' 1 g e ez 5lup 2 iy8 2ys 2 3 1 1 73m 1g 1f ohbs l 2 1 gukv 1 6i 1 1 1 d 1 d 4 3 9 2 2 2 2 f 2 7 1 1 1 2soe 1 1 h e1nx s3d5 2 b 1 1 1 1 1 4 n 1 e1nc 1 3'
    + ' e 69 8y 1 d 5 9 1 h h 1 3 aj 2sfn zi9b3 c7qjs3 2t1p 1 1 z 2t41 4 1 1k 1 1 3 1 1 18 s 2 2 o 4 1m 1 1 d 4 4 2 4 23 1 95 1 1 1 1 1 y 3 1b q 2 2 a 2 e e 2'
    + ' 2 2 2 5 5 2 2 1 3d j e 1 1 1 5n 1 1 1 3 1 1 7 2scl 4fz7cf 1 h 1 1 1 2 1 1 6 w t 1 1 7 h',
  IS:
    'g34 avw0 342 2 4 1 1 o 1 1 gon6 1 5x9 4 c dq 8 q 2 5xp 34f 2 2dc2 1 3 1 3 1 9 1 2 1 1 1 1 b d e 21 2t2q 1c 4 1 h 3 8 33o t v 1 1 1 2 2 8 4 51 7 1 1 1'
    + ' t i 1f 3v 2 1 5b 77 40 a5 2 2 2 8 2 e 6a 2 2 2 8 2 e 1r5 3cy 1 1 66j 69s 1 1h 6s2 afll 1 1 1 1 1 1 1 1 9 2 2 3o 2e 5 2yj 1 1 1 1 1 2z b4 2 2 2 2 1'
    + ' b4zj 18 paku 73 12 guld jnkf v 2 d4 35d 1 7i 1 1386n y 4g 2t0i 2w8w 1f q5 2 6 8r3yf8 28 1 mh9v 9d4bg 45wpmh 5z 2t06 2t3g 8 s 2 1 1l 2 2t26 1k 9 1 e g'
    + ' g 40 k 2 a g 5t 2sq7 1c 1b 7 1 1 6 w s 4 8 8 2 3 b 4 3 1 5 3 c 8 c 2 34 40 y c y w 8 6 h 1 g 28 2 e 4 q 4 c 4 25 1 8 3u s 2sau 1 5 2 k 1b p 1i w g g g'
    + ' 4 2 a 2 2 5m60',
  LO:
    '1s2 b6tb 1b g 3l 3 e g 74 68 2lq e 2 1s 8 8 3aa b20e 1 i 1 db 1 3 c 2ql 1s g 1c 1 f 31s 7k 1s 2 4e h 41 3 4 2mbb g 1 1 e 1 1 e 1 1 1 d 5 b 3 e 1 1 e 1'
    + ' 2t8e 77 1 968 370 1 1 38v 569r w 1 3 34c 3 1 1 1 1 1 8 1 5 1 1 1 1 1 5 3 d g x 3 c l 64 1v c 1 a 4m bj 1 si b2l g 1 6bt 1 6c6 5 a 85 65 9 3 cl g 6p 1'
    + ' 1 2 9 r3 m c l aeb4 21 33k v 1 72c 2 5j0 d1t 11 dl 1e 2312 1o 1 19 1 1 2 5e 7u dd ci 2our bd 78 1 1 1 5lqf f 3 pq 1 2 l9 lg 18w 1 69a 1 9i6 34z 2 6 j'
    + ' a dfjc 366 g 3 19 g 8c68 1 5 8 y g g 1 1 4g e6 74 74 2sjw 8f0b b g2 1 j9 8 8 1j 4v 6y 1s8 2 1 3 2g 4j 2ym l 1 356 379 iy9 w p l0 8u 1wn4 2 2t4k 2 7 1'
    + ' 2t4w 87 e1gi 3 2 5plt 2 1 1 h0y3 2jn9 4 5m9u 12 5 5s 3cay h 50 2z 1s 28 a8 2951 8fhf p au w 2 4ps 2nzv 4 8 1c k 2 g bh 3 2vwm 22 bw 2 u e d7 2p6e 2 3'
    + ' 16 2t3l v 4 3y e1k4 2 1 a 8h5t c 2 4oj6c tyse5 1 7rolpo 1vf80 8qn80 9d49o 3vx4hj 7y 2sx1 2t4u y i 40 2t6l 2sxq 6 2 b 2k 28 a 19 5 c 3d 1 42 6 a g 2 c'
    + ' y 1a 4 s 32 o g a 1 d g ie 9 4 4 a 7 a8 2ruh 5m2a l 4 f 7 2 2 s 2 x 4fi9jf 5d n 6g bbc7 14 2',
  LT:
    'cn4 g 3cw g asq0 l5 1 m bu0 b2hh 2j 5zk 59om 9jn 2v 1 2yt 6 3 37 5m66 9hi 2 1k 1 x 72a arx8 g2g 23tg 2pso 5yv0 e1og 8feo awow 2kk l8 2dt rz 5f5v 6'
    + ' 1braz 1a guuu 2wnk 5gkq4 8m9ve6 jcpf6 1 3vx4pq b8ew hc wz 4 2 8dxl 2x 4f70y2 cmo aw45 bbi6 2d',
  OB: '2t4x 1c 4 1 5o 8fls ex 1 h0qc 2uo 2jl7 w n e r 1 3mbd lntn 6ao gohu 3 2 hqi5 l 1xfs 1hx4f apg6 4aa 2ogt zi8xc b ds 6s 7w 1e gny65w 2u 1h939g0',
  OD: '29hke 1psdw e5t7 ze 2o30 zcuxzq',
  OF: 'xu0o e1h5 2klaw 2t59 b 78 guo2 jnvt 1 d6uslv 1 6 aj6hlx g bm9zvs',
  OL: '3z9z4 1 1 1 6e 5m20 b8mc',
  OV: '4g4u9 zcuxz4 1',
  OW: '1ka9t 1 1 1 d 1 1 e 1 1 1 dg 2eza3 1 1 4 62 gup2 zcuy0n g g',
  PN: 'b8nk c 33g 8 g g b5b4 35d 4 2j 3lj 5fn1 64i 161ws jkr8 362 35k 6cv j00 e 4u dg 23 1uj3m 2t46 d78t30 b8f6 4fl2wq 8 2 8 5',
  SH:
    'g fsw g 2dbn 8fel 1s 1w 30 2 1 72 2rz 3dc 7 b8kt c w 5lzq s 6de 39u 5 4 1 56ac 2p 331 8u w 40 1s 1 f 141 1kx 4 1r 9ff 6bu 6bf 1u 8v be afhs shy ag3v 2'
    + ' m1t 8 oo44 df 8f0m 7 1 fl 1 g 2pa 2 3 1 2 35p 1 2 7 mio afw6 gumq rs uvpq 8fwb 3r 2sj6 2y jnvh b8rr 90bk68 9c mgxl 45a8o9 u 1e 5m7k 3n 2t2e 2t3r 1t 33'
    + ' y 8 5 4 a 6 j 3w 4 c 4 g 2r 13 x g u y 2k 9 u g 6 6 1q 41 gr 8e5z 2 4fi9l7 cg bbbb j 4 1 b 14 2 1 3',
  SL: 'y8m8 2 n 2 2 2 2 2 1kjkv 8o acuc 1 1k6cz 1 2t61',
  SQ:
    '5puo 5ip2 23 i v k 7 30 7 h 2 1 70 68 5 b 6o 6 a 1 1 1 6 1 3 1 2 1 1 1 1 1 2dp d 2 8 9 g g i 3g g 1 1 3 b 5 b 4 6 6 5 5 1 b e 1g 1 1 1 2t 28 2wy x 2'
    + ' 6b 8 8 1 7 g 2 2 2 b 2 2 2 2 1 2 2p1 g j29 3z 3 1c 5d y d5 20 af9o 2 1 15 4x 1 73 k 1 3 8 8 2qh v 67 38h 4h 41 1 2 2mbx 1d g v 2t8j 6y 1 5xd g c i d0'
    + ' s 2rk w w 336 6 6 2 1 f g 5 b g 1 f g g 3 3 1 a 9 59iw 2 i 3 1 c 34k by 2 2 3 2 4x 2q7 9g0 6r 2z1 9h1 1o 3 4 19 d 1 e 35 4 b 2 1 2 1 1 c 1 18 10 x 3z'
    + ' 1 i o c 3 4h 3 4 a 2 d 4 1 3 f 8 1 5 q 2 1 1 1 a a 4 3 1 1 3j 4 1 1 b 5 r 2 t 4 1 c g 4 1 3x 2 1 15 8 9 1 j 1 4r w 7l 1 1 1 1 1 i 8 w 1 41 3 1 2 4 1 1'
    + ' i 4 5 2 5 1 3 1 5o 1 3 1 2 2 1 1 1 3 1 1 1 7 1 1 2 1 h 1 1 1 1 1 5 1 1 1 1c3 b5gw 4g 2 3 2i 1 1 4v 1 1d 57 1 1 8w 61 1zod f 1 1 1 1 1 1 1 1 3 1 1 f h'
    + ' m 33j 1 a i 1 3 d 1 a 4 1 2 1 2 1 5 1s 2 4 2y 1 2 y 2 1 2 8 1 1 1 r 3 59 1 1 e 5 b w 5 2 9 2 3 4b g w 6o 3 j d 2 b 8 d b 2 4g 1 5 d 1 6k 3 3 8 8 o'
    + ' 2ora b 3 e 1 1 10 c 1 2 s 2 4 e 3d 2 2 1 d dx 9 5 v 5p7w 82 4v 3 7 1 5is 1 f 74 640 3cw 2yo 8 2 5 1 1 1 3 1 6 6 1 1 3 1 4 1 1 6hu y j k0 d x 5a 1 3'
    + ' dbfw 3 1c 1 2 2pwa 8 1 1 2 5m9j g 1c w 4c 1 sh 2sji 8 1 1 7 1b 2 5a i 6 1 7 1 2 2 1 2 2 2 1 8esb 2 1 r 1 f 3 1 5i 80 1s g 5 c i 2 1 3c i 1 3 c g 74 1'
    + ' 5b j 2 3 8 1c 2 3 b 2 1k 3a 2 e 6o a ce 2 g 7i 176 7 1 6n 9ab 3 2 c 1 2 1 8 1 3 1 1 1 1 7 1 1 1 1 1 1n 1 1 2 ftq 2 2 2 aw 2rk 6 2 r z 2 8 3 3 2 2 2 9'
    + ' 3 8 5z 1 8 11 75 2y 1 i 19 o 8 g 2 3 b 5 b 38 74 x ej 1 1 i 59 5 1 1 1lk 9gm 2 p 1 1 1 1 1kvi 2t4k c 6 6f 1 2 4 2 1 2sy2 1 1 2 g v 9 2 u 1 3 c n 1 2w'
    + ' 1 1 e 1 1 1 3 b 1 1 1 x 5e 9 1 4 3 18 2sp0 6w 5 3 8 6 a 68 7 j b852 2 2t50 f 2 2 2t49 1 3 c g w g 1 f by 2 66 2 2 2 7e 2 2 h3ho 2jnm 1 4 3 5 2 1 2t4g'
    + ' 3 a 1 2t4i f 1 1 j 1 1 3 2 1 1 1 4 1 5o 1 2 4 p 3 c 2 1 1 3ca6 2 1 b 1c 5 1n w w g 1c 1s 1s 4 4 4 4 1c w 1c 1s 40 g g 11 b 28 1s 203 270f 6 1 1 1 8fee'
    + ' 7 1 29 6 12 1 aq 14 1 1 1 2b 3l 1 1 3 4 3 1 3 4 2 1 6b 2 2kg 71 9 6v 3 zh 2 2 1 6z 2 2 73 4 6x 2 1 d 1 2nsq 2 4 e 2 e e 1u 3m 72 g 4 6k 74 y 2 3 9 cw'
    + ' 79 2uwt 5 1 6 i g g 2 2 2 2 2 2 2 2 cg 2 4 a 4 d9 4 4 4 1 2p6i 4 2 2 g i 2 c w 2t3a 2 2 1y 1s 4 b8el 1 1 5 a 1 2t4h 1 2 5 4 7 a 1 i 1 8frf yncox 1 1'
    + ' 71 28 1 g 7rolod 3o 2 4 uw g mh2o g g mga8 1 v g 18xxs g yo mg40 z4 6v7y8 18x8w w mh0g 5 r g g g w w w 845zh 3vx4ir g g 4x 1 1 1 4 1 1 1 1 1 1 2 2 1 1'
    + ' 3 1 1 1 1 3 1 3 2 1 1 1 1 3 1 4 1 1 1 2 2swr 1s g 2t2o 2 2 2 2 8 g 7 2 7 a 1 1 1 1 1 1d 6 q g 6 3 7 9 1 1 2szp g 1 f g 1 f g 8 8 g g g 1 1 e g g 1 f g'
    + ' 2 2 2 a g g g g g g h 2 4t w 2spc 1c 8 14 s 10 6 k 7 i h j a 5 4 2u g g k 2a a w 1c w 1c w q y 8 u g u g g w 2 2 2 2 2 2 2d f g h g f 3 4y 1 78 6 4 2'
    + ' 1 1 4 3 1 1 8 2 2 2 1 1 1 3 5 1 3 1 5 2 1 5 1 4 5 2 1 1 1 2 3 2 5 1 2 5 2 2 4 1 3 3 1 4 1 2 3 1 3c 1 i 1 c f 2 b 1 1 3 1 1 1 r 1 g 2 c 4 3 1 1 1 1 1 1'
    + ' 2 1 1 2 4 1 1 3 1 2 1 1 2rmp 2 6 m w 2 e 5 b w 1c 1u v 3 2 a 5 3 5m1l 2 1 3 1 1 1 7 1 2 2 2 1 8 2 1 1 1 1 1 2 1 1 2 1 1 2 i 5 1 1 3 7 2 4 2 2 1 2 2 1'
    + ' 2 2 1 1 1 1 3 1 5 2 1 7 1 1 5 1 1 8 6 1 8 4fi9io 5d 6 1 b8bw 35p 9 7 12 1 d 2 t b 2 1 4 1 2 2 2 4f44n8 k2srs 7 jye34 1bpv4sa',
  SS: 'yihl f1 1 1 1 7 2 5y 1 lqug fz3 a8z 15bua gum3 18y6k 1u d7eft4',
  ST:
    'b8n5 h 3m 1 1 6bf 91 2 duyh 2t3m 1 1 3 q 2 1 5c 2yz 1c 34o dq s 2rk 376 2 6 m 15 59jz shy 79 dq 2hc lpam fgf orkp 2 8f9x 40 g3 3 2b0 siw 56 37 4j p'
    + ' 18f ar3 1kwf 2t4h 5mh2 b8d6 pa79 8yuy 5h aoxt ea 7b 2sm7 2w7s 5j4a miuu 8qyebu 8w 4f9tx0 7w 5m1y y 2o 2t1m 2c e b2 2sqq a 51 q 55 g c 8 m fm w gk 7 4z'
    + ' 4 1 d 1t 8dxo 8 w c p 4fi9pr dx c1s az5k',
  SV: '4g4ua',
  TM:
    'b8k3 t 1 1 1 1 1 b8jh 5mfl 9dg 35x 59kb e 34v 1a 1 1b 1 b2 ikt awon ozzi 2 34c g 1c g 8c7e 2 4 h b8i9 2 g0 c 5v8 pb3 6m g 35 1ujg0 2t48 916gv9 462c3d'
    + ' 2t5o 8v 4 6h 2som fb 5luf 2t8g 4fi9oc 8 a',
  UC: 'b8rd dv 1 b8cl g 8ezq 4 3m8r a 13r 2 3hkyt d7mung',
  UI:
    '2 1 35p 1 2pz5 1 d 2 w 1 5p 2wxe 66 1 1 8 5i4a 2 1 1 1 1 1 1p a 4q 1 a 1 l2 2ma 5 5 d 1a 60d e 2 j69 lrkv 9 37b nvg aeb3 1 1w by 1u s9r 3 by 1 ag35'
    + ' 2vp 3f gr8v 8g0d 8fus bm7 iym 1 76 25 1 i8 ave 1 zo v 1 4e6p 6 164ux 2t42 68e9 270f 8g0n 1 2qu 1 7b 1dn 2oaj uwn5 ync28 6o sw c7qj9w 4e 5m4x 1t 1b 13a'
    + ' 1z 11 3v 3p 8dxd 5 8 2 a i a n 1 r 1',
  UL:
    '0 1 2t4v 1j 2wnd 2 e6 w 6c 70 5hxd lk 2 7w 2m2 1 mgwc 155 elb 2 2 2 2 i 2 6 2 2 2 2 2 4 2 2 6 2 4 2 9j1 42 1e 63 10 7 b854 5t 1b 5t 24g8 7m m 93ft 1'
    + ' g2de 8ff0 9b8i 1d 1b3 1 1 1 a5q 1lsy 8fe9 1 l7 1 xyjh 5crr 2t4q 2 i 9 c 2 61 5m2v 8ftm 1b 1s 3nb 2p2k 2w9o k0 jk6a d70dqk',
  UN: '4g4tp',
  UR: '2t5y 1 1 8fl2 i kn 1 1 2 2o5 19jyo xd3n vj1 1jkl1 dfn0 2w7t',
  US:
    '74 g g 15s 74 28 g 4g 3 1dr 6 o 1 1 1 e cxr 59pe e6 5icw jl 3 2 2 7g 2o2 1 b53l 6mw 5s9e 3ce 2d5d 1 1 1 1 1 4 d 1 h 1 1 6 1 1 3 1 1 1 1 2 15 2waf d4'
    + ' 5o 6s f2 1 1 elq 2 g 2 u 8 2 y 9go e 19 bi 1 e 1 i 6c 1b 5 5 6 1 1 2 5j ko g 7 d1 c n 1 1 b6zg c 1 qd u 1znv 1 1 1 2t69 1 2 a 6 8 6 a 5m76 1 2 1 a 1 1'
    + ' 2 2c 1 7 g 1 1 f 1 1 1 30 1 1 1 71 ea lq g 2 e g 1xg lb 4 f0p g g g 5e e 2 2y7 1 1 6 2 3 9 4 6f2 ot 6o 1 ogse et n g 3 8fjw 1 1 1 v59 3q 22 acnn 2 do'
    + ' 1 e1ao 10 2 2t3s 1 f 1 f 1 2 t 1 2 d 1 f 1 f 1 f 34 1 7k 6v 36w h0ia 6 2jng 7 1 1 1 5ma9 3cmp 1s w w 34 1c w 1c 6o aokw 1 x e 1 l 1 d6 6 a 1 bz 2ki 74'
    + ' 2 2 5 71 zf 3 l7 2nte k a 6 1u 3q 4 2 4 2 2 6s 2 e 4 2 6i 4 2 c 4 8 74 1 h 5lib r g g g g g 2t0u 3s 2 b8em 1 yyku6 7romu3 1 mh6n g 1a 2 mgts mh34 mh35'
    + ' 2r hhac7 3vx4p7 6 1 5m6y 2t2o 7f 2tox cd 1 1 1 1 1 1 1 4 1 2 k k b 7 d 2 7 1 2 f 2 2 h 2 3h 1 1i 1k f 4 f 1 2rup 1 1 5m2c j 2 7 g 1 2 1 1 1 1 1 1 m 6'
    + ' 8 n 1 4ftl76 z 1 5j5ej4',
  UT: 'b95a 1 b8cp 8ezv k 9 19 2 1 1 13 a 2w7b pyq 4 136 e 1 7 3 9 1 t zrqd jkqz 1 15c uou 4qli 164uy 5mg7 5m2n b8mi mh03 7 15 4 9ajl57 3wgsga 26 7 p 1 4',
  UV: 'b9cc 1 r 1 44vh6 zcuxz4',
  lt: '1ka9s 5xi',
  ox: 'scwg w na9jfk 2 2yg 6 c693i8',
  xs: 'yjo0 dbnm 8bhb 43 1 1 1 1 1 7 1 f 1 34v 1 1 1 e 1 1 63z y8zz 5 18esu 2',
};

let table: Map<number, string> | null = null;

function unpack(): Map<number, string> {
  const map = new Map<number, string>();
  for (const [vr, packed] of Object.entries(PACKED)) {
    let tag = 0;
    for (const step of packed.split(' ')) map.set((tag += parseInt(step, 36)), vr);
  }
  return map;
}

/** VR of a standard attribute (tag as a number, 0xGGGGEEEE), with `xs`, `ox`, `lt` as above; undefined for private and unknown ones. */
export function dictionaryVr(tag: number): string | undefined {
  table ??= unpack();
  const group = tag >>> 16;
  const element = tag & 0xffff;
  if (element === 0) return 'UL';
  const vr = table.get(tag);
  if (vr !== undefined) return vr;
  if (group >= 0x6000 && group <= 0x60ff && !(group & 1)) return table.get(0x60000000 + element);
  if (group >= 0x5000 && group <= 0x50ff && !(group & 1)) return table.get(0x50000000 + element);
  if (group & 1 && element >= 0x10 && element <= 0xff) return 'LO';
  return undefined;
}

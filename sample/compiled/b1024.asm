# The programs of the network in network.json for DPUCZDX8G_ISA1_B1024, written by hand
# for make-sample-model: first that of the whole subgraph, then one for each layer.
.target 0x101000016010402 DPUCZDX8G_ISA1_B1024

.subgraph
# the picture: row y in bank y, a pixel of 3 channels in each bank row
LOAD dpdon=load dpdby=load bank_id=0 bank_addr=0 reg_id=2 ddr_addr=0 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=1 bank_addr=0 reg_id=2 ddr_addr=24 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=2 bank_addr=0 reg_id=2 ddr_addr=48 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=3 bank_addr=0 reg_id=2 ddr_addr=72 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=4 bank_addr=0 reg_id=2 ddr_addr=96 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=5 bank_addr=0 reg_id=2 ddr_addr=120 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=6 bank_addr=0 reg_id=2 ddr_addr=144 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=7 bank_addr=0 reg_id=2 ddr_addr=168 length=8 channel=3 jump_read=3 jump_write=1
# weights of first: output channel o in weight bank 16+o mod 8, then its 16 biases
LOAD dpdon=load dpdby=load bank_id=16 bank_addr=0 reg_id=0 ddr_addr=0 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=17 bank_addr=0 reg_id=0 ddr_addr=27 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=18 bank_addr=0 reg_id=0 ddr_addr=54 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=19 bank_addr=0 reg_id=0 ddr_addr=81 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=20 bank_addr=0 reg_id=0 ddr_addr=108 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=21 bank_addr=0 reg_id=0 ddr_addr=135 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=22 bank_addr=0 reg_id=0 ddr_addr=162 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=23 bank_addr=0 reg_id=0 ddr_addr=189 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=16 bank_addr=9 reg_id=0 ddr_addr=216 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=17 bank_addr=9 reg_id=0 ddr_addr=243 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=18 bank_addr=9 reg_id=0 ddr_addr=270 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=19 bank_addr=9 reg_id=0 ddr_addr=297 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=20 bank_addr=9 reg_id=0 ddr_addr=324 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=21 bank_addr=9 reg_id=0 ddr_addr=351 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=22 bank_addr=9 reg_id=0 ddr_addr=378 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=23 bank_addr=9 reg_id=0 ddr_addr=405 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load+conv bank_id=25 bank_addr=0 reg_id=0 ddr_addr=432 length=1 channel=16 jump_read=16 jump_write=1
# first: 3x3 with a border of zeros, 8 rows at once; two rows of the result in each of the banks 8 to 11
CONVINIT dpdon=conv dpdby=conv kernel_h=3 kernel_w=3 stride_h=1 stride_w=1 jump_read=1 jump_read_endl=1 shift_cut=9 shift_bias=6 act_type=1 stride_out=2 jump_write=2 jump_write_endl=16 vpp=8
CONV dpdon=load+conv dpdby=conv bank_id_in=7 bank_addr_in=2047 bank_addr_in_1=2047 bank_addr_in_2=2047 pad_top=1 pad_left=1 pad_bottom=1 pad_right=1 channel_group=1 channel_offset=5 length=8 bank_addr_weights=0 bank_addr_bias=0 bank_id_out=8 bank_addr_out=0
CONV dpdon=conv dpdby=conv+misc bank_id_in=7 bank_addr_in=2047 bank_addr_in_1=2047 bank_addr_in_2=2047 pad_top=1 pad_left=1 pad_bottom=1 pad_right=1 channel_group=1 channel_offset=5 length=8 bank_addr_weights=9 bank_addr_bias=1 bank_id_out=8 bank_addr_out=1
# weights of mixed: output channel o in weight bank 16+o mod 8, then its 16 biases
LOAD dpdon=load dpdby=load bank_id=16 bank_addr=18 reg_id=0 ddr_addr=448 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=17 bank_addr=18 reg_id=0 ddr_addr=464 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=18 bank_addr=18 reg_id=0 ddr_addr=480 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=19 bank_addr=18 reg_id=0 ddr_addr=496 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=20 bank_addr=18 reg_id=0 ddr_addr=512 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=21 bank_addr=18 reg_id=0 ddr_addr=528 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=22 bank_addr=18 reg_id=0 ddr_addr=544 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=23 bank_addr=18 reg_id=0 ddr_addr=560 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=16 bank_addr=20 reg_id=0 ddr_addr=576 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=17 bank_addr=20 reg_id=0 ddr_addr=592 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=18 bank_addr=20 reg_id=0 ddr_addr=608 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=19 bank_addr=20 reg_id=0 ddr_addr=624 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=20 bank_addr=20 reg_id=0 ddr_addr=640 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=21 bank_addr=20 reg_id=0 ddr_addr=656 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=22 bank_addr=20 reg_id=0 ddr_addr=672 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=23 bank_addr=20 reg_id=0 ddr_addr=688 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load+conv bank_id=25 bank_addr=2 reg_id=0 ddr_addr=704 length=1 channel=16 jump_read=16 jump_write=1
# small: the maximum of 2x2 pixels; row y of the result in bank y
ALUINIT dpdon=misc dpdby=misc exec_mode=3 kernel_h=2 kernel_w=2 stride_h=2 stride_w=2 length=4 channel_group=2 stride_out=1 jump_read=2 jump_read_endl=16 jump_write=2
ALU dpdon=conv+misc dpdby=save+conv+misc bank_id_in=8 bank_addr_in=0 vpp=4 pad_bottom=255 pad_right=255 bank_id_out=0 bank_addr_out=100
# both: small at channels 16 to 31 of the result, two transfers in flight; 32 bytes from pixel to pixel
SAVE dpdon=save+misc dpdby=none hp_id=0 bank_id=0 bank_addr=100 reg_id=3 ddr_addr=16 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=none dpdby=save hp_id=1 bank_id=1 bank_addr=100 reg_id=3 ddr_addr=144 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=save dpdby=none hp_id=0 bank_id=2 bank_addr=100 reg_id=3 ddr_addr=272 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=none dpdby=save hp_id=1 bank_id=3 bank_addr=100 reg_id=3 ddr_addr=400 length=4 channel=16 jump_read=2 jump_write=32
# mixed: 1x1, 4 rows at once; row y of the result in bank 8+y
CONVINIT dpdon=conv dpdby=conv kernel_h=1 kernel_w=1 stride_h=1 stride_w=1 jump_read=2 shift_cut=6 shift_bias=6 stride_out=1 jump_write=2 vpp=4
CONV dpdon=load+conv+misc dpdby=conv bank_id_in=0 bank_addr_in=100 pad_bottom=15 pad_right=15 channel_group=2 length=4 bank_addr_weights=18 bank_addr_bias=2 bank_id_out=8 bank_addr_out=100
CONV dpdon=conv dpdby=conv+misc bank_id_in=0 bank_addr_in=100 pad_bottom=15 pad_right=15 channel_group=2 length=4 bank_addr_weights=20 bank_addr_bias=3 bank_id_out=8 bank_addr_out=101
# sum: small and, halved to its scale, mixed
ELEWINIT dpdon=conv+misc dpdby=misc id=0 bank_id_in=0 bank_addr_in=100 jump_read=2 jump_bank=1
ELEWINIT dpdon=misc dpdby=misc id=1 bank_id_in=8 bank_addr_in=100 jump_read=2 jump_bank=1 shift_read=1
ELEW dpdon=misc dpdby=save+misc num=2 bank_id_out=0 bank_addr_out=200 length=4 channel_group=2 jump_write=2 vpp=4
# both: the sum at channels 0 to 15
SAVE dpdon=save+misc dpdby=none hp_id=0 bank_id=0 bank_addr=200 reg_id=3 ddr_addr=0 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=none dpdby=save hp_id=1 bank_id=1 bank_addr=200 reg_id=3 ddr_addr=128 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=save dpdby=none hp_id=0 bank_id=2 bank_addr=200 reg_id=3 ddr_addr=256 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=none dpdby=save hp_id=1 bank_id=3 bank_addr=200 reg_id=3 ddr_addr=384 length=4 channel=16 jump_read=2 jump_write=32
END dpdon=save dpdby=save

.superlayer subgraph_first

# the picture: row y in bank y, a pixel of 3 channels in each bank row
LOAD dpdon=load dpdby=load bank_id=0 bank_addr=0 reg_id=2 ddr_addr=0 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=1 bank_addr=0 reg_id=2 ddr_addr=24 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=2 bank_addr=0 reg_id=2 ddr_addr=48 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=3 bank_addr=0 reg_id=2 ddr_addr=72 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=4 bank_addr=0 reg_id=2 ddr_addr=96 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=5 bank_addr=0 reg_id=2 ddr_addr=120 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=6 bank_addr=0 reg_id=2 ddr_addr=144 length=8 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=7 bank_addr=0 reg_id=2 ddr_addr=168 length=8 channel=3 jump_read=3 jump_write=1
# weights of first: output channel o in weight bank 16+o mod 8, then its 16 biases
LOAD dpdon=load dpdby=load bank_id=16 bank_addr=0 reg_id=0 ddr_addr=0 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=17 bank_addr=0 reg_id=0 ddr_addr=27 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=18 bank_addr=0 reg_id=0 ddr_addr=54 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=19 bank_addr=0 reg_id=0 ddr_addr=81 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=20 bank_addr=0 reg_id=0 ddr_addr=108 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=21 bank_addr=0 reg_id=0 ddr_addr=135 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=22 bank_addr=0 reg_id=0 ddr_addr=162 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=23 bank_addr=0 reg_id=0 ddr_addr=189 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=16 bank_addr=9 reg_id=0 ddr_addr=216 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=17 bank_addr=9 reg_id=0 ddr_addr=243 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=18 bank_addr=9 reg_id=0 ddr_addr=270 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=19 bank_addr=9 reg_id=0 ddr_addr=297 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=20 bank_addr=9 reg_id=0 ddr_addr=324 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=21 bank_addr=9 reg_id=0 ddr_addr=351 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=22 bank_addr=9 reg_id=0 ddr_addr=378 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load bank_id=23 bank_addr=9 reg_id=0 ddr_addr=405 length=9 channel=3 jump_read=3 jump_write=1
LOAD dpdon=load dpdby=load+conv bank_id=25 bank_addr=0 reg_id=0 ddr_addr=432 length=1 channel=16 jump_read=16 jump_write=1
# first: 3x3 with a border of zeros, 8 rows at once; two rows of the result in each of the banks 8 to 11
CONVINIT dpdon=conv dpdby=conv kernel_h=3 kernel_w=3 stride_h=1 stride_w=1 jump_read=1 jump_read_endl=1 shift_cut=9 shift_bias=6 act_type=1 stride_out=2 jump_write=2 jump_write_endl=16 vpp=8
CONV dpdon=load+conv dpdby=conv bank_id_in=7 bank_addr_in=2047 bank_addr_in_1=2047 bank_addr_in_2=2047 pad_top=1 pad_left=1 pad_bottom=1 pad_right=1 channel_group=1 channel_offset=5 length=8 bank_addr_weights=0 bank_addr_bias=0 bank_id_out=8 bank_addr_out=0
CONV dpdon=conv dpdby=save+conv bank_id_in=7 bank_addr_in=2047 bank_addr_in_1=2047 bank_addr_in_2=2047 pad_top=1 pad_left=1 pad_bottom=1 pad_right=1 channel_group=1 channel_offset=5 length=8 bank_addr_weights=9 bank_addr_bias=1 bank_id_out=8 bank_addr_out=1
SAVE dpdon=save+conv dpdby=save bank_id=8 bank_addr=0 reg_id=1 ddr_addr=0 length=8 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=8 bank_addr=16 reg_id=1 ddr_addr=128 length=8 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=9 bank_addr=0 reg_id=1 ddr_addr=256 length=8 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=9 bank_addr=16 reg_id=1 ddr_addr=384 length=8 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=10 bank_addr=0 reg_id=1 ddr_addr=512 length=8 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=10 bank_addr=16 reg_id=1 ddr_addr=640 length=8 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=11 bank_addr=0 reg_id=1 ddr_addr=768 length=8 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=11 bank_addr=16 reg_id=1 ddr_addr=896 length=8 channel=16 jump_read=2 jump_write=16
END dpdon=save dpdby=save

.superlayer subgraph_small

LOAD dpdon=load dpdby=load bank_id=8 bank_addr=0 reg_id=1 ddr_addr=0 length=8 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=8 bank_addr=16 reg_id=1 ddr_addr=128 length=8 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=9 bank_addr=0 reg_id=1 ddr_addr=256 length=8 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=9 bank_addr=16 reg_id=1 ddr_addr=384 length=8 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=10 bank_addr=0 reg_id=1 ddr_addr=512 length=8 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=10 bank_addr=16 reg_id=1 ddr_addr=640 length=8 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=11 bank_addr=0 reg_id=1 ddr_addr=768 length=8 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load+misc bank_id=11 bank_addr=16 reg_id=1 ddr_addr=896 length=8 channel=16 jump_read=16 jump_write=2
# small: the maximum of 2x2 pixels; row y of the result in bank y
ALUINIT dpdon=misc dpdby=misc exec_mode=3 kernel_h=2 kernel_w=2 stride_h=2 stride_w=2 length=4 channel_group=2 stride_out=1 jump_read=2 jump_read_endl=16 jump_write=2
ALU dpdon=load+misc dpdby=save+misc bank_id_in=8 bank_addr_in=0 vpp=4 pad_bottom=255 pad_right=255 bank_id_out=0 bank_addr_out=100
SAVE dpdon=save+misc dpdby=save bank_id=0 bank_addr=100 reg_id=1 ddr_addr=1024 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=1 bank_addr=100 reg_id=1 ddr_addr=1088 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=2 bank_addr=100 reg_id=1 ddr_addr=1152 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=3 bank_addr=100 reg_id=1 ddr_addr=1216 length=4 channel=16 jump_read=2 jump_write=16
END dpdon=save dpdby=save

.superlayer subgraph_mixed

LOAD dpdon=load dpdby=load bank_id=0 bank_addr=100 reg_id=1 ddr_addr=1024 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=1 bank_addr=100 reg_id=1 ddr_addr=1088 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=2 bank_addr=100 reg_id=1 ddr_addr=1152 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=3 bank_addr=100 reg_id=1 ddr_addr=1216 length=4 channel=16 jump_read=16 jump_write=2
# weights of mixed: output channel o in weight bank 16+o mod 8, then its 16 biases
LOAD dpdon=load dpdby=load bank_id=16 bank_addr=18 reg_id=0 ddr_addr=448 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=17 bank_addr=18 reg_id=0 ddr_addr=464 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=18 bank_addr=18 reg_id=0 ddr_addr=480 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=19 bank_addr=18 reg_id=0 ddr_addr=496 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=20 bank_addr=18 reg_id=0 ddr_addr=512 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=21 bank_addr=18 reg_id=0 ddr_addr=528 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=22 bank_addr=18 reg_id=0 ddr_addr=544 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=23 bank_addr=18 reg_id=0 ddr_addr=560 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=16 bank_addr=20 reg_id=0 ddr_addr=576 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=17 bank_addr=20 reg_id=0 ddr_addr=592 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=18 bank_addr=20 reg_id=0 ddr_addr=608 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=19 bank_addr=20 reg_id=0 ddr_addr=624 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=20 bank_addr=20 reg_id=0 ddr_addr=640 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=21 bank_addr=20 reg_id=0 ddr_addr=656 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=22 bank_addr=20 reg_id=0 ddr_addr=672 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=23 bank_addr=20 reg_id=0 ddr_addr=688 length=1 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load+conv bank_id=25 bank_addr=2 reg_id=0 ddr_addr=704 length=1 channel=16 jump_read=16 jump_write=1
# mixed: 1x1, 4 rows at once; row y of the result in bank 8+y
CONVINIT dpdon=conv dpdby=conv kernel_h=1 kernel_w=1 stride_h=1 stride_w=1 jump_read=2 shift_cut=6 shift_bias=6 stride_out=1 jump_write=2 vpp=4
CONV dpdon=load+conv dpdby=conv bank_id_in=0 bank_addr_in=100 pad_bottom=15 pad_right=15 channel_group=2 length=4 bank_addr_weights=18 bank_addr_bias=2 bank_id_out=8 bank_addr_out=100
CONV dpdon=conv dpdby=save+conv bank_id_in=0 bank_addr_in=100 pad_bottom=15 pad_right=15 channel_group=2 length=4 bank_addr_weights=20 bank_addr_bias=3 bank_id_out=8 bank_addr_out=101
SAVE dpdon=save+conv dpdby=save bank_id=8 bank_addr=100 reg_id=1 ddr_addr=1280 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=9 bank_addr=100 reg_id=1 ddr_addr=1344 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=10 bank_addr=100 reg_id=1 ddr_addr=1408 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=11 bank_addr=100 reg_id=1 ddr_addr=1472 length=4 channel=16 jump_read=2 jump_write=16
END dpdon=save dpdby=save

.superlayer subgraph_sum

LOAD dpdon=load dpdby=load bank_id=0 bank_addr=100 reg_id=1 ddr_addr=1024 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=1 bank_addr=100 reg_id=1 ddr_addr=1088 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=2 bank_addr=100 reg_id=1 ddr_addr=1152 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=3 bank_addr=100 reg_id=1 ddr_addr=1216 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=8 bank_addr=100 reg_id=1 ddr_addr=1280 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=9 bank_addr=100 reg_id=1 ddr_addr=1344 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=10 bank_addr=100 reg_id=1 ddr_addr=1408 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load+misc bank_id=11 bank_addr=100 reg_id=1 ddr_addr=1472 length=4 channel=16 jump_read=16 jump_write=2
# sum: small and, halved to its scale, mixed
ELEWINIT dpdon=load+misc dpdby=misc id=0 bank_id_in=0 bank_addr_in=100 jump_read=2 jump_bank=1
ELEWINIT dpdon=misc dpdby=misc id=1 bank_id_in=8 bank_addr_in=100 jump_read=2 jump_bank=1 shift_read=1
ELEW dpdon=misc dpdby=save+misc num=2 bank_id_out=0 bank_addr_out=200 length=4 channel_group=2 jump_write=2 vpp=4
SAVE dpdon=save+misc dpdby=save bank_id=0 bank_addr=200 reg_id=1 ddr_addr=1536 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=1 bank_addr=200 reg_id=1 ddr_addr=1600 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=2 bank_addr=200 reg_id=1 ddr_addr=1664 length=4 channel=16 jump_read=2 jump_write=16
SAVE dpdon=save dpdby=save bank_id=3 bank_addr=200 reg_id=1 ddr_addr=1728 length=4 channel=16 jump_read=2 jump_write=16
END dpdon=save dpdby=save

.superlayer subgraph_both

# sum and small, each into its channels
LOAD dpdon=load dpdby=load bank_id=0 bank_addr=200 reg_id=1 ddr_addr=1536 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=1 bank_addr=200 reg_id=1 ddr_addr=1600 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=2 bank_addr=200 reg_id=1 ddr_addr=1664 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=3 bank_addr=200 reg_id=1 ddr_addr=1728 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=0 bank_addr=100 reg_id=1 ddr_addr=1024 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=1 bank_addr=100 reg_id=1 ddr_addr=1088 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load bank_id=2 bank_addr=100 reg_id=1 ddr_addr=1152 length=4 channel=16 jump_read=16 jump_write=2
LOAD dpdon=load dpdby=load+save bank_id=3 bank_addr=100 reg_id=1 ddr_addr=1216 length=4 channel=16 jump_read=16 jump_write=2
SAVE dpdon=load+save dpdby=none hp_id=0 bank_id=0 bank_addr=200 reg_id=3 ddr_addr=0 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=none dpdby=save hp_id=1 bank_id=1 bank_addr=200 reg_id=3 ddr_addr=128 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=save dpdby=none hp_id=0 bank_id=2 bank_addr=200 reg_id=3 ddr_addr=256 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=none dpdby=save hp_id=1 bank_id=3 bank_addr=200 reg_id=3 ddr_addr=384 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=save dpdby=none hp_id=0 bank_id=0 bank_addr=100 reg_id=3 ddr_addr=16 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=none dpdby=save hp_id=1 bank_id=1 bank_addr=100 reg_id=3 ddr_addr=144 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=save dpdby=none hp_id=0 bank_id=2 bank_addr=100 reg_id=3 ddr_addr=272 length=4 channel=16 jump_read=2 jump_write=32
SAVE dpdon=none dpdby=save hp_id=1 bank_id=3 bank_addr=100 reg_id=3 ddr_addr=400 length=4 channel=16 jump_read=2 jump_write=32
END dpdon=save dpdby=save
